import type { Random } from "./random.ts";

/** What `<name>` stands for in a template. The same name keeps its value within one `slots` object. */
export type Slots = Record<string, string>;

/**
 * Writes a template out: `{one|another|}` chooses, also nested, and `<name>` is filled from `slots`, or drawn by `draw`
 * and kept there, so that a text and the questions about it speak of the same things.
 */
export function expand(template: string, random: Random, slots: Slots = {}, draw?: (name: string) => string): string {
  const chosen = choose(template, random);
  const filled = chosen.replace(/<(\w+)>/g, (_, name: string) => {
    const value = slots[name] ?? draw?.(name);
    if (value === undefined) throw new Error(`no value for <${name}> in: ${template}`);
    slots[name] = value;
    return value;
  });
  return tidy(filled.includes("{") || filled.includes("<") ? expand(filled, random, slots, draw) : filled);
}

/** Replaces innermost alternatives until none is left. */
function choose(template: string, random: Random): string {
  let text = template;
  for (;;) {
    const next = text.replace(/\{([^{}]*)\}/g, (_, options: string) => random.pick(options.split("|")));
    if (next === text) return text;
    text = next;
  }
}

/** An empty choice leaves double spaces and spaces before marks behind. */
function tidy(text: string): string {
  return text
    .replace(/ {2,}/g, " ")
    .replace(/ ([,.;!?])/g, "$1")
    .trim();
}
