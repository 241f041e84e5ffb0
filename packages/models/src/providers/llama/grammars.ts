import type { Llama, LlamaGrammar, LlamaGrammarEvaluationState, LlamaModel } from "node-llama-cpp";
import { ModelError } from "../../errors.ts";
import type { GenerateRequest } from "../../types.ts";
import { toGrammarSchema } from "./grammar-schema.ts";
import type { LlamaLibrary } from "./library.ts";

type LlamaSchema = Parameters<Llama["createGrammarForJsonSchema"]>[0];

const kept = 64;

/** Compiles JSON schemas into grammars, and keeps the last 64. */
export interface Grammars {
  /** A fresh state for one answer; undefined when no schema is asked for. */
  stateFor(schema: GenerateRequest["schema"]): Promise<LlamaGrammarEvaluationState | undefined>;
}

export function createGrammars(library: LlamaLibrary, llama: Llama, model: LlamaModel): Grammars {
  const grammars = new Map<string, LlamaGrammar>();

  async function compile(schema: NonNullable<GenerateRequest["schema"]>): Promise<LlamaGrammar> {
    const key = JSON.stringify(schema.schema);
    const known = grammars.get(key);
    if (known) return known;
    const expressible = toGrammarSchema(schema.schema) as LlamaSchema;
    try {
      const grammar = await llama.createGrammarForJsonSchema(expressible);
      grammars.set(key, grammar);
      const [oldest] = grammars.keys();
      if (grammars.size > kept && oldest !== undefined) grammars.delete(oldest);
      return grammar;
    } catch (cause) {
      throw new ModelError("request_unsupported", `schema "${schema.name}" cannot be made into a grammar`, { cause });
    }
  }

  return {
    async stateFor(schema) {
      if (!schema) return undefined;
      return new library.LlamaGrammarEvaluationState({ model, grammar: await compile(schema) });
    },
  };
}
