import { BrokenAnswerError } from "../errors.ts";
import { extractJson } from "../prompt/extract-json.ts";
import type { GenerateRequest, GenerateResult, JsonSchema, ModelClient } from "../types.ts";
import { type Batcher, type BatcherOptions, createBatcher } from "./batcher.ts";
import { batchSchema, composeBatch, parseBatch } from "./compose.ts";

/** What one answer looks like, and when it is malformed. */
export interface AnswerFormat<Answer> {
  readonly schema: JsonSchema;
  /** Gives the answer to keep, or undefined (or throws) when it is malformed. */
  readonly parse: (value: unknown) => Answer | undefined;
  /** Whether a single answer is asked for as JSON; free text otherwise. */
  readonly json: boolean;
}

/** Free text; an answer is malformed when it is blank. */
export const textAnswer: AnswerFormat<string> = {
  schema: { type: "string" },
  json: false,
  parse: (value) => (typeof value === "string" ? value.trim() || undefined : undefined),
};

/** JSON of a schema, checked by `parse` (a zod schema's `parse` fits). */
export function jsonAnswer<Answer>(schema: JsonSchema, parse: (value: unknown) => Answer): AnswerFormat<Answer> {
  return { schema, parse, json: true };
}

/** An answer that is no JSON may still hold answers; those before its end are taken, as if it had been cut off. */
function salvage(error: unknown): Pick<GenerateResult, "text" | "finishReason"> {
  if (error instanceof BrokenAnswerError && error.code === "response_malformed") {
    return { text: error.partialText, finishReason: "length" };
  }
  throw error;
}

type Collecting = Pick<
  BatcherOptions<string, unknown>,
  "enabled" | "size" | "windowMs" | "maxWaiting" | "groupOf" | "clock"
>;

export interface QuestionBatcherOptions<Answer> extends Collecting {
  readonly client: Pick<ModelClient, "generate">;
  readonly model: string;
  /** What the model is to do with each question; the system message of single and batched calls alike. */
  readonly instructions: string;
  readonly format: AnswerFormat<Answer>;
  /** Most output tokens of one answer; a batch gets as many for each of its questions, and some for its form. */
  readonly maxTokens?: number;
}

// Room for `"10": "", ` around each answer.
const formTokens = 6;

/**
 * Puts several questions into one model call, and takes the answers apart. A question whose answer is missing or
 * malformed is asked again alone, so the worst that a careless model can do is to cost what the plain path costs.
 * Answers that are malformed even alone fail with a BrokenAnswerError (`response_malformed`).
 */
export function createQuestionBatcher<Answer>(options: QuestionBatcherOptions<Answer>): Batcher<string, Answer> {
  const { client, model, instructions, format, maxTokens } = options;

  function read(value: unknown): Answer | undefined {
    if (value === undefined) return undefined;
    try {
      return format.parse(value);
    } catch {
      return undefined;
    }
  }

  async function single(question: string, signal: AbortSignal): Promise<Answer> {
    const request: GenerateRequest = {
      model,
      messages: [
        { role: "system", content: instructions },
        { role: "user", content: question },
      ],
      signal,
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(format.json ? { schema: { name: "answer", schema: format.schema } } : {}),
    };
    const result: GenerateResult = await client.generate(request);
    const answer = read(format.json ? (result.object ?? extractJson(result.text)) : result.text);
    if (answer === undefined) {
      throw new BrokenAnswerError("response_malformed", `${model} gave an answer of another form`, result.text);
    }
    return answer;
  }

  async function together(questions: readonly string[], signal: AbortSignal): Promise<(Answer | undefined)[]> {
    const request: GenerateRequest = {
      model,
      messages: composeBatch(instructions, questions),
      schema: { name: "answers", schema: batchSchema(questions.length, format.schema) },
      signal,
      ...(maxTokens === undefined ? {} : { maxTokens: (maxTokens + formTokens) * questions.length }),
    };
    const reply = await client.generate(request).catch(salvage);
    return parseBatch(reply, questions.length).map(read);
  }

  return createBatcher<string, Answer>({ ...options, single, together });
}
