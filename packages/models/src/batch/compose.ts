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
        'Reply with JSON only: an object with each question\'s id as a key and its answer as the value, {"1": …, "2": …}.',
        ...numbered,
      ].join("\n"),
    },
  ];
}

/**
 * The schema of such a reply. Every id is a required key, so a provider that holds its model to the schema can neither
 * leave a question out nor answer it twice.
 */
export function batchSchema(count: number, answer: JsonSchema): JsonSchema {
  const ids = Array.from({ length: count }, (_, index) => String(index + 1));
  return {
    type: "object",
    additionalProperties: false,
    required: ids,
    properties: Object.fromEntries(ids.map((id) => [id, answer])),
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

/** The asked form, and the one that models fall into by habit: a list of `{id, answer}`, often under `answers`. */
function entriesOf(reply: unknown): Entry[] {
  if (typeof reply !== "object" || reply === null) return [];
  const inner = "answers" in reply ? reply.answers : reply;
  if (typeof inner !== "object" || inner === null) return [];
  const pairs = Array.isArray(inner) ? inner.map(pairOf) : Object.entries(inner);
  return pairs.flatMap(([id, answer]: readonly [unknown, unknown]): Entry[] => {
    const number = Number(id);
    return Number.isInteger(number) && answer !== null && answer !== undefined ? [{ id: number, answer }] : [];
  });
}

function pairOf(entry: unknown): readonly [unknown, unknown] {
  const { id, answer } = (entry ?? {}) as { id?: unknown; answer?: unknown };
  return [id, answer];
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
