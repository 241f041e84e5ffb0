import { extractJson } from "../prompt/extract-json.ts";
import type { GenerateResult, JsonSchema, Message } from "../types.ts";

/** Puts several questions into one prompt, with the form that the answers must come back in. */
export function composeBatch(instructions: string, questions: readonly string[]): Message[] {
  const numbered = questions.map((question, index) => `<question id="${index + 1}">\n${question}\n</question>`);
  return [
    { role: "system", content: instructions },
    {
      role: "user",
      content: [
        `Answer each of the ${questions.length} questions on its own; none knows of the others.`,
        'Reply with JSON only: {"answers": [{"id": <the question\'s id>, "answer": <its answer>}]}, one entry a question.',
        ...numbered,
      ].join("\n"),
    },
  ];
}

/** The schema of such a reply, for providers that hold the model to it. */
export function batchSchema(count: number, answer: JsonSchema): JsonSchema {
  return {
    type: "object",
    additionalProperties: false,
    required: ["answers"],
    properties: {
      answers: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: ["id", "answer"],
          // An enum and not an integer: grammars let 1E31 through as an integer.
          properties: { id: { enum: Array.from({ length: count }, (_, index) => index + 1) }, answer },
        },
      },
    },
  };
}

/**
 * The answers by question, in order; `undefined` for one that is missing, that came twice with different answers
 * (nobody can say which is meant), or that may have been cut off.
 */
export function parseBatch(result: Pick<GenerateResult, "text" | "object" | "finishReason">, count: number): unknown[] {
  const json = entriesOf(result.object ?? extractJson(result.text));
  const entries = json.length > 0 ? json : numberedLines(result);
  const answers = new Map<number, unknown>();
  const disputed = new Set<number>();
  for (const { id, answer } of entries) {
    if (answers.has(id) && JSON.stringify(answers.get(id)) !== JSON.stringify(answer)) disputed.add(id);
    answers.set(id, answer);
  }
  return Array.from({ length: count }, (_, index) => (disputed.has(index + 1) ? undefined : answers.get(index + 1)));
}

interface Entry {
  readonly id: number;
  readonly answer: unknown;
}

function entriesOf(reply: unknown): Entry[] {
  const list = Array.isArray(reply) ? reply : (reply as { answers?: unknown } | undefined)?.answers;
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown): Entry[] => {
    if (typeof entry !== "object" || entry === null || !("id" in entry) || !("answer" in entry)) return [];
    // Models often quote numbers.
    const id = Number(entry.id);
    return Number.isInteger(id) && entry.answer !== null ? [{ id, answer: entry.answer }] : [];
  });
}

/** `1. …`, `[1] …` or `1) …` at the start of lines: what models write that do not keep to JSON. */
function numberedLines({ text, finishReason }: Pick<GenerateResult, "text" | "finishReason">): Entry[] {
  const parts = text.split(/^\s*(?:\[(\d{1,3})\]|(\d{1,3})[.):])\s+/m);
  const entries: Entry[] = [];
  for (let index = 1; index + 2 < parts.length; index += 3) {
    const answer = (parts[index + 2] ?? "").trim();
    if (answer) entries.push({ id: Number(parts[index] ?? parts[index + 1]), answer });
  }
  // The answer under way when the tokens ran out may look complete and not be.
  return finishReason === "length" ? entries.slice(0, -1) : entries;
}
