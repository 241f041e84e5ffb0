import { seriesKey } from "./series.ts";
import { type Family, type Sample, sampleSuffixes } from "./types.ts";

/** One exposition out of many, and what did not fit into it. */
export interface MergedFamilies {
  readonly families: Family[];
  /** Families refused because their name means something else already. */
  readonly conflicts: readonly string[];
  /** Samples left out because their series was there already. */
  readonly duplicates: number;
}

/**
 * Joins families by name: the first HELP, TYPE and UNIT win, samples of the later ones are added. A family whose
 * type differs, or whose sample names another family already writes, is refused: a scrape with it would be invalid
 * as a whole.
 */
export function mergeFamilies(families: Iterable<Family>): MergedFamilies {
  const groups = new Map<string, Family[]>();
  const owners = new Map<string, string>();
  const conflicts: string[] = [];
  for (const family of families) {
    const group = groups.get(family.name);
    const names = ["", ...sampleSuffixes[family.type]].map((suffix) => family.name + suffix);
    const fits = group ? group[0]?.type === family.type : names.every((name) => !owners.has(name));
    if (!fits) {
      conflicts.push(family.name);
      continue;
    }
    for (const name of names) owners.set(name, family.name);
    if (group) group.push(family);
    else groups.set(family.name, [family]);
  }
  let duplicates = 0;
  const merged = Array.from(groups.values(), (group) => {
    const [first] = group as [Family, ...Family[]];
    if (group.length === 1) return first;
    const samples = uniqueSamples(group);
    duplicates += group.reduce((count, family) => count + family.samples.length, 0) - samples.length;
    const help = group.find((family) => family.help !== "")?.help ?? "";
    return { ...first, help, samples };
  });
  return { families: merged, conflicts, duplicates };
}

/** Only families from several sources pay for this: one source does not give a series twice. */
function uniqueSamples(group: readonly Family[]): Sample[] {
  const seen = new Set<string>();
  return group
    .flatMap((family) => family.samples)
    .filter((sample) => {
      const key = seriesKey(sample.series);
      return !seen.has(key) && seen.add(key);
    });
}
