import { ConfigurationError } from "@flyball/core";

/** What a plan may name beside its own metrics; what is left out is not checked. */
export interface Known {
  /** Names of nodes, workflows and other operations. */
  readonly operations?: readonly string[];
  readonly scorers?: readonly string[];
}

/** A name that does not exist, with the one that was probably meant. */
export function unknownName(
  path: string,
  name: string,
  what: string,
  candidates: readonly string[],
): ConfigurationError {
  const nearest = [...candidates].sort((a, b) => distance(name, a) - distance(name, b))[0];
  const meant = nearest !== undefined && distance(name, nearest) <= 3 ? `; did you mean "${nearest}"?` : "";
  return new ConfigurationError(path, name, `the name of a ${what}: ${candidates.join(", ")}${meant}`);
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
