import type { Usage } from "@flyball/telemetry";
import type { LlamaContextSequence, LlamaGrammarEvaluationState, Token } from "node-llama-cpp";
import { stopFilter } from "../../stream/stop-filter.ts";
import type { FinishReason } from "../../types.ts";
import type { ChatPrompt } from "./chat-prompt.ts";

export interface GenerationOptions {
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number | undefined;
  readonly seed: number | undefined;
  readonly stop: readonly string[];
  /** Holds the answer to a grammar; trailing whitespace is then dropped. */
  readonly grammar: LlamaGrammarEvaluationState | undefined;
  readonly signal: AbortSignal;
}

export interface Generated {
  readonly finishReason: FinishReason;
  readonly usage: Usage;
}

/** What a token becomes when its bytes are not yet a whole character. */
const unfinishedCharacter = "\ufffd";
/** A character has at most four bytes, so at most four byte tokens; what is longer is damaged, not unfinished. */
const longestCharacter = 4;
/** Tokens before that detokenizing looks at, for the spaces between words. */
const lookBehind = 4;

/**
 * Answers a prompt on a sequence, piece by piece. The part of the prompt that the sequence has evaluated before is
 * kept. Stopping the iteration stops the evaluation.
 */
export async function* generate(
  sequence: LlamaContextSequence,
  prompt: ChatPrompt,
  options: GenerationOptions,
): AsyncGenerator<string, Generated, undefined> {
  const { model, tokenMeter } = sequence;
  const before = tokenMeter.getState();
  const filter = stopFilter([...options.stop, ...prompt.stopTexts], { trimEnd: options.grammar !== undefined });
  // One token must be evaluated for the next one to be known, so the last is never taken from the state.
  await sequence.adaptStateToTokens(prompt.tokens.slice(0, -1), false);

  let finishReason: FinishReason = "other";
  let generated = 0;
  const recent: Token[] = [];
  let pending: Token[] = [];
  const evaluation = sequence.evaluate(prompt.tokens.slice(sequence.nextTokenIndex), {
    temperature: options.temperature,
    yieldEogToken: true,
    ...(options.topP === undefined ? {} : { topP: options.topP }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.grammar ? { grammarEvaluationState: options.grammar } : {}),
  });
  for await (const token of evaluation) {
    options.signal.throwIfAborted();
    generated++;
    if (model.isEogToken(token) || prompt.stopTokens.has(token)) {
      finishReason = "stop";
      break;
    }
    pending.push(token);
    const text = model.detokenize(pending, false, recent);
    if (!text.endsWith(unfinishedCharacter) || pending.length >= longestCharacter) {
      recent.push(...pending);
      recent.splice(0, recent.length - lookBehind);
      pending = [];
      const piece = filter.push(text);
      if (piece !== "") yield piece;
      if (filter.stopped) {
        finishReason = "stop";
        break;
      }
    }
    if (generated >= options.maxTokens) {
      finishReason = "length";
      break;
    }
  }
  const rest = filter.stopped ? "" : filter.flush();
  if (rest !== "") yield rest;

  // The meter counts as output each token that was sampled from: the prompt's last one and the generated ones that
  // were fed back. Of the prompt it counts as input what was evaluated; the rest was in the state already.
  const { usedInputTokens, usedOutputTokens } = tokenMeter.diff(before);
  const cacheReadTokens = prompt.tokens.length - 1 - usedInputTokens;
  return {
    finishReason,
    usage: {
      inputTokens: prompt.tokens.length,
      outputTokens: usedOutputTokens,
      ...(cacheReadTokens > 0 ? { cacheReadTokens } : {}),
    },
  };
}
