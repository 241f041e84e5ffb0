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
      const found = Math.min(...texts.map((stop) => held.indexOf(stop)).filter((at) => at >= 0));
      if (Number.isFinite(found)) {
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
