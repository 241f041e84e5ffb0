import type { ChatHistoryItem, ChatWrapper, LlamaModel, LlamaText, Token } from "node-llama-cpp";
import type { Message } from "../../types.ts";

/** A conversation as tokens, and what ends the model's turn beside its end token. */
export interface ChatPrompt {
  readonly tokens: readonly Token[];
  readonly stopTokens: ReadonlySet<Token>;
  readonly stopTexts: readonly string[];
}

/** Lays messages out by the model's chat template, up to where its answer begins. */
export function chatPrompt(wrapper: ChatWrapper, model: LlamaModel, messages: readonly Message[]): ChatPrompt {
  const chatHistory: ChatHistoryItem[] = messages.map(({ role, content }) => {
    if (role === "assistant") return { type: "model", response: [content] };
    return { type: role, text: content };
  });
  chatHistory.push({ type: "model", response: [] });
  const { contextText, stopGenerationTriggers } = wrapper.generateContextState({ chatHistory });
  const tokens = contextText.tokenize(model.tokenizer);
  const { bos, shouldPrependBosToken } = model.tokens;
  // Templates differ in whether they write the first token themselves.
  if (shouldPrependBosToken && bos !== null && tokens[0] !== bos) tokens.unshift(bos);
  return { tokens, ...stopsOf(stopGenerationTriggers, model) };
}

/** A trigger that is one special token ends the turn as a token; any other as text. */
function stopsOf(
  triggers: readonly LlamaText[],
  model: LlamaModel,
): { stopTokens: ReadonlySet<Token>; stopTexts: readonly string[] } {
  const stopTokens = new Set<Token>();
  const stopTexts: string[] = [];
  for (const trigger of triggers) {
    const tokens = trigger.tokenize(model.tokenizer);
    const [only] = tokens;
    if (tokens.length === 1 && only !== undefined && model.isSpecialToken(only)) stopTokens.add(only);
    else if (trigger.values.every((value) => typeof value === "string")) stopTexts.push(trigger.values.join(""));
  }
  return { stopTokens, stopTexts };
}
