import type { Message } from "../types.ts";

/** What a prompt is made of, apart from how it is laid out. */
export interface PromptParts {
  /** What the model is and how it answers. Stable. */
  readonly system: string;
  /** Worked examples. Stable. */
  readonly examples?: readonly { readonly input: string; readonly output: string }[];
  /** Material that many requests share: a rulebook, a schema, a knowledge extract. Stable. */
  readonly shared?: string;
  /** What this one request is about. */
  readonly variable: string;
}

/**
 * `plain`: the request first and its material after it, the order in which prompts are usually written.
 * `cacheable`: everything stable first and in the same bytes each time, the variable part last, so that a provider's
 * prompt cache, which matches prefixes, finds all of the stable part.
 */
export type PromptLayout = "plain" | "cacheable";

/** Lays the same parts out in either order. Nothing is added or left out. */
export function layoutPrompt(parts: PromptParts, layout: PromptLayout): Message[] {
  return layout === "cacheable" ? [...stablePrefix(parts), { role: "user", content: parts.variable }] : plain(parts);
}

/** The messages that all prompts of the same stable parts begin with in the cacheable layout. */
export function stablePrefix(parts: Omit<PromptParts, "variable">): Message[] {
  const examples = (parts.examples ?? []).flatMap((example): Message[] => [
    { role: "user", content: example.input },
    { role: "assistant", content: example.output },
  ]);
  return [{ role: "system", content: joined([parts.system, parts.shared]) }, ...examples];
}

function plain(parts: PromptParts): Message[] {
  const examples = (parts.examples ?? []).map(({ input, output }) => `Input: ${input}\nOutput: ${output}`);
  return [
    { role: "system", content: parts.system },
    { role: "user", content: joined([parts.variable, parts.shared, ...examples]) },
  ];
}

function joined(texts: readonly (string | undefined)[]): string {
  return texts.filter(Boolean).join("\n\n");
}
