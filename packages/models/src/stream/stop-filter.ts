/** Lets text through up to the first stop text, which itself is never let through. */
export interface StopFilter {
  /** Takes more text; returns what is certain not to be part of a stop text. */
  push(text: string): string;
  /** No more text comes: returns what was held back. */
  flush(): string;
  /** Whether a stop text was met; everything after it is ignored. */
  readonly stopped: boolean;
}

/** `trimEnd` also holds trailing whitespace back, and drops it at the end. */
export function stopFilter(stops: readonly string[], options: { readonly trimEnd?: boolean } = {}): StopFilter {
  const texts = stops.filter((stop) => stop !== "");
  let held = "";
  let stopped = false;

  const release = (until: number): string => {
    const out = held.slice(0, until);
    held = held.slice(until);
    return out;
  };

  return {
    get stopped() {
      return stopped;
    },
    push(text) {
      if (stopped) return "";
      held += text;
      const found = firstComplete(held, texts);
      if (found !== undefined) {
        stopped = true;
        const out = held.slice(0, found);
        held = "";
        return options.trimEnd ? out.trimEnd() : out;
      }
      let until = held.length - longestBeginning(held, texts);
      if (options.trimEnd) until = held.slice(0, until).trimEnd().length;
      return release(until);
    },
    flush: () => (options.trimEnd ? release(held.length).trimEnd() : release(held.length)),
  };
}

/**
 * Where the stop text begins that is the first to be complete, as a reader of one character at a time would see it:
 * how the text was split must not matter.
 */
function firstComplete(text: string, stops: readonly string[]): number | undefined {
  let first: { readonly begin: number; readonly end: number } | undefined;
  for (const stop of stops) {
    const begin = text.indexOf(stop);
    if (begin < 0) continue;
    const end = begin + stop.length;
    if (!first || end < first.end || (end === first.end && begin < first.begin)) first = { begin, end };
  }
  return first?.begin;
}

/** Length of the longest end of `text` with which one of `stops` begins. */
function longestBeginning(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
