import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extractJson } from "../../src/prompt/extract-json.ts";

describe("finding JSON in an answer", () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ['Here you are:\n```json\n{"a": [1, 2]}\n```\nAnything else?', { a: [1, 2] }],
    ['The set {x, y} is meant, so {"a": "}"} it is', { a: "}" }],
    ['say "{" and [1, "]"]', [1, "]"]],
    ['{"a": {"b": "cut of', undefined],
    ["no JSON at all", undefined],
    ['"a string"', undefined],
    ["", undefined],
  ])("in %j", (answer, expected) => {
    expect(extractJson(answer)).toEqual(expected);
  });

  it("finds any object behind plain words", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.constantFrom("", "Sure. ", "```json\n"),
        (value, before) => {
          expect(extractJson(`${before}${JSON.stringify(value)} done`)).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
    );
  });

  it("ends quickly on an answer full of brackets", () => {
    expect(extractJson("[{".repeat(50_000))).toBeUndefined();
  });
});
