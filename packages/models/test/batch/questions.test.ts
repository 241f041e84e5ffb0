import { fakeClock } from "@flyball/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseBatch } from "../../src/batch/compose.ts";
import { createQuestionBatcher, jsonAnswer, textAnswer } from "../../src/batch/questions.ts";
import { BrokenAnswerError } from "../../src/errors.ts";
import type { GenerateRequest, GenerateResult } from "../../src/types.ts";

type Reply = (request: GenerateRequest) => string;

function model(reply: Reply): {
  requests: GenerateRequest[];
  generate(request: GenerateRequest): Promise<GenerateResult>;
} {
  const requests: GenerateRequest[] = [];
  return {
    requests,
    async generate(request) {
      requests.push(request);
      return { text: reply(request), finishReason: "stop", model: "m", usage: { inputTokens: 1, outputTokens: 1 } };
    },
  };
}

const isBatch = (request: GenerateRequest): boolean => request.schema?.name === "answers";
const ids = (request: GenerateRequest): number[] =>
  Array.from(request.messages.at(-1)?.content.matchAll(/<question id="(\d+)">/g) ?? [], (match) => Number(match[1]));
const answered = (request: GenerateRequest, answer: (id: number) => unknown): string =>
  JSON.stringify(Object.fromEntries(ids(request).map((id) => [id, answer(id)])));

function asking<Answer>(
  client: ReturnType<typeof model>,
  format: Parameters<typeof createQuestionBatcher<Answer>>[0]["format"],
) {
  const clock = fakeClock();
  const batcher = createQuestionBatcher<Answer>({
    client,
    model: "m",
    instructions: "Answer briefly.",
    format,
    size: 3,
    maxTokens: 40,
    clock,
  });
  return async (...questions: string[]) => {
    const answers = Promise.allSettled(questions.map((question) => batcher.ask(question)));
    await clock.advance(20);
    return { answers: await answers, stats: batcher.stats() };
  };
}

describe("several questions in one call", () => {
  it("get their own answers from one call, with the tokens of as many", async () => {
    const client = model((request) => answered(request, (id) => `answer ${id}`));
    const { answers } = await asking(client, textAnswer)("a?", "b?", "c?");
    expect(answers).toEqual(["answer 1", "answer 2", "answer 3"].map((value) => ({ status: "fulfilled", value })));
    expect(client.requests).toHaveLength(1);
    expect(client.requests[0]?.maxTokens).toBeGreaterThanOrEqual(120);
    expect(client.requests[0]?.messages[0]).toEqual({ role: "system", content: "Answer briefly." });
  });

  it("are asked again alone when their answer is missing, blank or of another form", async () => {
    const client = model((request) => {
      if (!isBatch(request)) return '{"score": 5}';
      return answered(request, (id) => (id === 1 ? { score: 3 } : id === 2 ? { score: "high" } : null));
    });
    const format = jsonAnswer({ type: "object" }, z.object({ score: z.number() }).parse);
    const { answers, stats } = await asking(client, format)("a?", "b?", "c?");
    expect(answers.map((answer) => answer.status === "fulfilled" && answer.value)).toEqual([
      { score: 3 },
      { score: 5 },
      { score: 5 },
    ]);
    expect(stats).toMatchObject({ batches: 1, fallbacks: 2 });
    expect(client.requests.slice(1).map(({ schema, maxTokens }) => [schema?.name, maxTokens])).toEqual([
      ["answer", 40],
      ["answer", 40],
    ]);
  });

  it("are taken from an answer that the provider refused as no JSON, but for the last, which may be cut off", async () => {
    const client = model(() => "alone");
    const whole = client.generate;
    client.generate = (request) =>
      isBatch(request)
        ? Promise.reject(new BrokenAnswerError("response_malformed", "not JSON", "1. one\n2. two\n3. thr"))
        : whole(request);
    const { answers, stats } = await asking(client, textAnswer)("a?", "b?", "c?");
    expect(answers.map((answer) => answer.status === "fulfilled" && answer.value)).toEqual(["one", "two", "alone"]);
    expect(stats).toMatchObject({ batches: 1, fallbacks: 1, failedBatches: 0 });
  });

  it("fail clearly when they are malformed even alone", async () => {
    const client = model(() => "   ");
    const { answers } = await asking(client, textAnswer)("a?", "b?");
    expect(answers).toMatchObject([
      { status: "rejected", reason: { code: "response_malformed" } },
      { status: "rejected", reason: { code: "response_malformed" } },
    ]);
  });
});

describe("taking a reply apart", () => {
  const result = (text: string, finishReason: "stop" | "length" = "stop") => ({ text, finishReason });

  it("gives back what was answered, in any order, from any wrapping", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 10 }),
        fc.constantFrom(
          (json: string) => json,
          (json: string) => `Sure:\n\`\`\`json\n${json}\n\`\`\``,
        ),
        fc.nat(),
        (answers, wrap, rotation) => {
          const entries = answers.map((answer, index) => ({ id: index + 1, answer }));
          const shift = rotation % entries.length;
          const shuffled = [...entries.slice(shift), ...entries.slice(0, shift)];
          const forms = [
            Object.fromEntries(shuffled.map(({ id, answer }) => [id, answer])),
            { answers: shuffled },
            shuffled,
          ];
          for (const form of forms) {
            expect(parseBatch(result(wrap(JSON.stringify(form))), answers.length)).toEqual(answers);
          }
        },
      ),
    );
  });

  it.each([
    ["ids as strings", '{"answers":[{"id":"2","answer":"b"},{"id":"1","answer":"a"}]}', ["a", "b"]],
    ["a bare list", '[{"id":1,"answer":"a"},{"id":2,"answer":"b"}]', ["a", "b"]],
    ["ids of nobody", '{"1":"a","7":"x","sum":"y"}', ["a", undefined]],
    ["answers that are null", '{"1":null,"2":"b"}', [undefined, "b"]],
    ["ids of nobody in a list", '{"answers":[{"id":1,"answer":"a"},{"id":7,"answer":"x"}]}', ["a", undefined]],
    [
      "one id twice",
      '{"answers":[{"id":1,"answer":"a"},{"id":2,"answer":"b"},{"id":1,"answer":"c"}]}',
      [undefined, "b"],
    ],
    ["the same answer twice", '{"answers":[{"id":1,"answer":"a"},{"id":1,"answer":"a"}]}', ["a", undefined]],
    ["numbered lines", "[1] first\nof two lines\n[2] second", ["first\nof two lines", "second"]],
    ["a numbered list", "Here:\n1. first\n2. second", ["first", "second"]],
    ["prose", "I would rather not.", [undefined, undefined]],
    ["cut-off JSON", '{"answers":[{"id":1,"answer":"a"},{"id":2,"ans', [undefined, undefined]],
    ["entries of other shapes", '{"answers":[null,1,"x",{"id":1},{"answer":"b"}]}', [undefined, undefined]],
  ])("%s", (_, text, expected) => {
    expect(parseBatch(result(text), 2)).toEqual(expected);
  });

  it("does not trust the last line of an answer that ran out of tokens", () => {
    expect(parseBatch(result("1. first\n2. seco", "length"), 2)).toEqual(["first", undefined]);
  });

  it("never throws and always gives one place a question", () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), fc.integer({ min: 1, max: 10 }), (text, object, count) => {
        expect(parseBatch(result(text), count)).toHaveLength(count);
        expect(parseBatch({ ...result(text), object }, count)).toHaveLength(count);
      }),
    );
  });
});
