import { statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLlamaProvider, type LlamaProvider } from "../src/providers/llama/provider.ts";
import { tinyModelPath } from "../src/tiny.ts";
import { corpus } from "../tiny/corpus/corpus.ts";
import { expand } from "../tiny/corpus/expand.ts";
import { createRandom } from "../tiny/corpus/random.ts";
import type { ChatRecord } from "../tiny/corpus/record.ts";
import { scoreRetrieval } from "../tiny/evaluation/retrieval.ts";
import { scoreTask } from "../tiny/evaluation/scores.ts";

const chats = (seed: number): ChatRecord[] =>
  [...corpus({ seed, scale: 0.002, extras: [] })].filter((record) => "messages" in record);

describe("the model that ships", () => {
  const model = "tiny";
  let provider: LlamaProvider;
  beforeAll(async () => {
    provider = createLlamaProvider({ models: { [model]: tinyModelPath } });
    await provider.load(model);
  });
  afterAll(() => provider.close());

  const answer = async ({ messages }: Pick<ChatRecord, "messages">): Promise<string> =>
    (await provider.generate({ model, messages, maxTokens: 120 })).text;

  it("is small enough to be committed", () => {
    expect(statSync(tinyModelPath).size).toBeLessThan(1_300_000);
  });

  it("answers a question about a text in the way it was trained", async () => {
    const text =
      "The Data service was down on 24/04/2025 at 5.15 pm. The loss is put at Rs 35,000. The cause was a missing part.";
    const ask = (question: string) =>
      answer({
        messages: [
          { role: "system", content: "Answer from the text only. Be short." },
          { role: "user", content: `Text: ${text}\n\nQuestion: ${question}` },
        ],
      });
    expect(await ask("What was the loss?")).toBe("The loss was Rs 35,000.");
    expect(await ask("What was the cause?")).toBe("The cause was a missing part.");
  });

  it("says the same every time, and streams what it says", async () => {
    const messages = [{ role: "user" as const, content: "Repeat: Ravi Kale, 12 March, Lake Road" }];
    const whole = await answer({ messages });
    expect(whole).toBe("Ravi Kale, 12 March, Lake Road");
    const pieces: string[] = [];
    for await (const chunk of provider.stream({ model, messages })) if (chunk.type === "text") pieces.push(chunk.text);
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join("")).toBe(whole);
  });

  it("keeps to a JSON schema", async () => {
    const schema = { type: "object", properties: { owner: { type: "string" }, price: { type: "string" } } };
    const content = "Text: owner: Asha Rao\nThe price is Rs 4,500.\n\nTask: Give JSON with owner, price.";
    const { object } = await provider.generate({
      model,
      messages: [{ role: "user", content }],
      maxTokens: 120,
      schema: { name: "sale", schema: { ...schema, required: ["owner", "price"] } },
    });
    expect(object).toEqual({ owner: expect.any(String), price: expect.any(String) });
  });

  // The bounds are a little under what the model card states: they notice a file that is worse, and claim no more.
  it("does as well on its own kind of text as the model card says", async () => {
    const byTask = new Map<string, { gold: string; answer: string }[]>();
    for (const record of chats(4711)) {
      const answers = byTask.get(record.task) ?? [];
      byTask.set(record.task, answers);
      if (answers.length < 12) answers.push({ gold: record.answer, answer: await answer(record) });
    }
    const figures = (task: string) => scoreTask(byTask.get(task) ?? []);
    expect(figures("repeat").words).toBeGreaterThan(0.7);
    expect(figures("summarise").words).toBeGreaterThan(0.5);
    expect(figures("question").words).toBeGreaterThan(0.35);
  });

  it("embeds texts so that an account of an offence is near to its name", async () => {
    const pairs = [
      ["Theft. Secretly taking movable property without consent.", "Somebody has stolen my bicycle from the market."],
      ["Drunken driving. Driving after drinking alcohol.", "The driver smelt of alcohol and could not stand."],
      ["Forgery. Making a false document or signature.", "He signed the agreement in my name."],
      ["Threat to kill. Threatening death or grievous hurt.", "He said he would kill me and my sons."],
      ["Arson of a house. Setting fire to a house on purpose.", "They poured kerosene on my shop and burned it."],
      ["Adulterating food or drink. Mixing harmful things into food.", "There is chalk and soda in the milk he sells."],
    ] as const;
    const queries = pairs.map(([, text], index) => ({ text, wanted: new Set([index]) }));
    const embed = async (inputs: readonly string[]) => (await provider.embed({ model, inputs })).vectors;
    const passages = pairs.map(([passage]) => passage);
    // By chance it would be one in six.
    expect((await scoreRetrieval(queries, passages, embed))["recall@1"]).toBeGreaterThanOrEqual(0.5);
  });
});

describe("corpus", () => {
  it("is the same for the same seed and another for another", () => {
    expect(chats(5)).toEqual(chats(5));
    expect(chats(5)).not.toEqual(chats(6));
  });

  it("answers only from what its texts say", () => {
    for (const { task, messages, answer } of chats(8)) {
      if (task !== "lookup" && task !== "extract") continue;
      const text = messages.map(({ content }) => content).join("\n");
      const values = answer.startsWith("{") ? Object.values(JSON.parse(answer) as Record<string, string>) : [answer];
      for (const value of values) expect(text).toContain(value);
    }
  });
});

describe("expand", () => {
  const random = createRandom(1);

  it("chooses between alternatives, also nested ones, and tidies what an empty choice leaves", () => {
    const written = new Set(Array.from({ length: 200 }, () => expand("a {b|c{d|}|} .", random)));
    expect([...written].sort()).toEqual(["a b.", "a c.", "a cd.", "a."]);
  });

  it("keeps a slot's value for the whole text", () => {
    let drawn = 0;
    const slots: Record<string, string> = {};
    const draw = () => String(++drawn);
    expect(expand("<name> and {<name>|<name>} and <other>", random, slots, draw)).toBe("1 and 1 and 2");
    expect(slots).toEqual({ name: "1", other: "2" });
  });

  it("refuses a slot that nobody fills", () => expect(() => expand("<gap>", random)).toThrow(/<gap>/));
});
