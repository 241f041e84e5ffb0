import { CancelledError, TimeoutError } from "@flyball/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Chunk, GenerateRequest, Provider } from "../src/index.ts";

/** A provider under test, and what it can be asked. */
export interface Subject {
  readonly provider: Provider;
  readonly model: string;
  /** A question whose answer has at least five chunks, and nothing random about it. */
  readonly question: string;
  /** A question whose answer takes so long that it can be cancelled and timed out. */
  readonly longQuestion: string;
  /** A question for which `{"yes": boolean}` can be asked. */
  readonly structuredQuestion: string;
  close(): Promise<void>;
}

const schema = {
  name: "check",
  schema: {
    type: "object",
    properties: { yes: { type: "boolean" } },
    required: ["yes"],
    additionalProperties: false,
  },
} as const;

/** What every provider promises, whatever is behind it. */
export function providerConformance(name: string, open: () => Promise<Subject>): void {
  describe(`${name} keeps the provider's promises`, () => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.close());

    const ask = (content: string, more: Partial<GenerateRequest> = {}): GenerateRequest => ({
      model: subject.model,
      messages: [
        { role: "system", content: "You are brief." },
        { role: "user", content },
      ],
      maxTokens: 48,
      ...more,
    });
    const collect = async (request: GenerateRequest): Promise<Chunk[]> => {
      const chunks: Chunk[] = [];
      for await (const chunk of subject.provider.stream(request)) chunks.push(chunk);
      return chunks;
    };

    it("has a name for the conventions", () => {
      expect(subject.provider.name).toMatch(/^[a-z][a-z0-9_.]*$/);
    });

    it("answers with text, usage and the model", async () => {
      const result = await subject.provider.generate(ask(subject.question));
      expect(result.text).not.toBe("");
      expect(["stop", "length"]).toContain(result.finishReason);
      expect(result.model).toBe(subject.model);
      expect(result.object).toBeUndefined();
      const { inputTokens, outputTokens, cacheReadTokens = 0 } = result.usage;
      expect(Number.isInteger(inputTokens) && inputTokens > 0).toBe(true);
      expect(Number.isInteger(outputTokens) && outputTokens > 0).toBe(true);
      expect(cacheReadTokens).toBeLessThanOrEqual(inputTokens);
    });

    it("streams the same answer in pieces, and exactly one finish at the end", async () => {
      const whole = await subject.provider.generate(ask(subject.question));
      const chunks = await collect(ask(subject.question));
      const pieces = chunks.filter((chunk) => chunk.type === "text").map((chunk) => chunk.text);
      expect(pieces.length).toBeGreaterThanOrEqual(5);
      expect(chunks.filter((chunk) => chunk.type === "finish")).toHaveLength(1);
      const last = chunks.at(-1);
      if (last?.type !== "finish") throw new Error("the last chunk is not the finish");
      expect(pieces.join("")).toBe(last.result.text);
      expect(last.result.text).toBe(whole.text);
      expect(last.result.finishReason).toBe(whole.finishReason);
      expect(last.result.usage.outputTokens).toBe(whole.usage.outputTokens);
    });

    it("answers in the shape of a schema", async () => {
      const request = ask(subject.structuredQuestion, { schema });
      const result = await subject.provider.generate(request);
      expect(result.object).toEqual({ yes: expect.any(Boolean) });
      expect(JSON.parse(result.text)).toEqual(result.object);
      expect((await collect(request)).at(-1)).toMatchObject({ result: { object: result.object } });
    });

    it("answers many at once", async () => {
      const results = await Promise.all(
        Array.from({ length: 8 }, () => subject.provider.generate(ask(subject.question))),
      );
      expect(new Set(results.map((result) => result.text)).size).toBe(1);
    });

    it("refuses a request that was cancelled before it began", async () => {
      const signal = AbortSignal.abort("enough");
      await expect(subject.provider.generate(ask(subject.question, { signal }))).rejects.toBeInstanceOf(CancelledError);
      await expect(collect(ask(subject.question, { signal }))).rejects.toBeInstanceOf(CancelledError);
    });

    it("ends a stream that is cancelled midway, and goes on working", async () => {
      const controller = new AbortController();
      const reading = (async () => {
        for await (const _ of subject.provider.stream(
          ask(subject.longQuestion, { signal: controller.signal, maxTokens: 400 }),
        )) {
          controller.abort("enough");
        }
      })();
      await expect(reading).rejects.toBeInstanceOf(CancelledError);
      expect((await subject.provider.generate(ask(subject.question))).text).not.toBe("");
    });

    it("gives back what a reader used that stops early", async () => {
      for (let i = 0; i < 12; i++) {
        for await (const _ of subject.provider.stream(ask(subject.longQuestion, { maxTokens: 400 }))) break;
      }
      expect((await subject.provider.generate(ask(subject.question))).text).not.toBe("");
    });

    it("ends an answer at its own deadline", async () => {
      const request = ask(subject.longQuestion, { timeoutMs: 1, maxTokens: 400 });
      await expect(subject.provider.generate(request)).rejects.toBeInstanceOf(TimeoutError);
    });

    it("embeds in the order of the inputs, the same text always alike", async () => {
      const inputs = ["a stolen bicycle", "the weather", "a stolen bicycle"];
      const result = await subject.provider.embed({ model: subject.model, inputs });
      expect(result.vectors).toHaveLength(3);
      expect(result.vectors[0]?.length).toBeGreaterThan(7);
      expect(result.vectors[2]).toEqual(result.vectors[0]);
      expect(result.vectors[1]).not.toEqual(result.vectors[0]);
      expect(result.usage.inputTokens).toBeGreaterThan(0);
      expect(result.usage.outputTokens).toBe(0);
      const again = await subject.provider.embed({ model: subject.model, inputs: ["a stolen bicycle"] });
      expect(again.vectors[0]).toEqual(result.vectors[0]);
    });

    it("says that it is healthy", async () => {
      const health = await subject.provider.health();
      expect(health).toMatchObject({ healthy: true, latencyMs: expect.any(Number) });
    });

    it("can be closed twice", async () => {
      await subject.provider.close();
      await subject.provider.close();
    });
  });
}
