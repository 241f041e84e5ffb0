import { describe, expect, it } from "vitest";
import { z } from "zod";
import { toGrammarSchema } from "../../src/providers/llama/grammar-schema.ts";

describe("a schema for a grammar", () => {
  it("keeps what zod makes of common types", () => {
    const violation = z.object({
      id: z.string(),
      severity: z.enum(["low", "high"]),
      count: z.int(),
      note: z.string().nullable(),
      by: z.union([z.string(), z.object({ name: z.string() })]),
      tags: z.array(z.string()).max(3),
    });
    const { $schema: _, ...schema } = z.toJSONSchema(violation);
    const rewritten = toGrammarSchema(schema);
    expect(rewritten).toMatchObject({
      type: "object",
      additionalProperties: false,
      properties: {
        id: { type: "string" },
        severity: { enum: ["low", "high"] },
        count: { type: "integer" },
        note: { type: ["string", "null"] },
        by: { oneOf: [{ type: "string" }, { type: "object", properties: { name: { type: "string" } } }] },
        tags: { type: "array", items: { type: "string" }, maxItems: 3 },
      },
    });
  });

  it("splits lists of types where one has a shape, and drops formats it cannot hold", () => {
    expect(toGrammarSchema({ type: ["string", "null"] })).toEqual({ type: ["string", "null"] });
    expect(toGrammarSchema({ type: ["array", "null"], items: { type: "string", format: "email" } })).toEqual({
      oneOf: [{ type: "array", items: { type: "string" } }, { type: "null" }],
    });
    expect(toGrammarSchema({ type: "string", format: "date" })).toEqual({ type: "string", format: "date" });
  });

  it("follows references among its definitions", () => {
    const schema = { $ref: "#/$defs/a", $defs: { a: { type: "array", items: { $ref: "#/$defs/a" } } } };
    expect(toGrammarSchema(schema)).toEqual(schema);
  });

  it.each([
    [{}, "at # it has the type undefined"],
    [{ type: "nonsense" }, 'at # it has the type "nonsense"'],
    [{ allOf: [] }, "at # it uses allOf"],
    [{ anyOf: [] }, "at # it has no choices"],
    [{ type: "object", properties: { a: { enum: [] } } }, "at #/properties/a it has an enum without values"],
    [{ type: "array", items: { $ref: "#/nowhere" } }, 'at #/items it refers to "#/nowhere"'],
    [{ type: "array", items: [{ type: "string" }] }, "at #/items it is not an object"],
  ])("refuses %j instead of answering with anything", (schema, why) => {
    expect(() => toGrammarSchema(schema)).toThrow(why);
  });
});
