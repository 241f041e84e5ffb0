import { readdirSync, readFileSync } from "node:fs";

/** How one offence is told in a complaint. Templates are written in the notation of the corpus generator. */
export interface Incident {
  /** Sections that it falls under, the main one first. */
  readonly sections: readonly string[];
  /** Sections that one may argue about: neither asked for nor denied in training. */
  readonly arguable: readonly string[];
  readonly title: string;
  /** What is taken or harmed, if anything. */
  readonly items: readonly string[];
  /** Who did it; empty = the usual mix of names and strangers. */
  readonly accused: readonly string[];
  /** First-person sentences, and the same in the third person for a summary. */
  readonly tells: readonly string[];
  readonly sums: readonly string[];
}

/**
 * Reads `incidents/*.txt`. One incident is a block: `# sections ~ arguable sections`, `@ title`, optional `item:` and
 * `who:` with alternatives between bars, `-` for a telling and `=` for a summary. A section may have several blocks.
 */
export function loadIncidents(): Incident[] {
  const folder = new URL("./incidents/", import.meta.url);
  return readdirSync(folder)
    .sort()
    .flatMap((name) => readFileSync(new URL(name, folder), "utf8").split(/^(?=# )/m))
    .filter((block) => block.startsWith("# "))
    .map(incident);
}

function incident(block: string): Incident {
  const lines = block.split("\n");
  const after = (mark: string): string[] =>
    lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length).trim());
  const alternatives = (mark: string): string[] => after(mark).flatMap((line) => line.split("|"));
  const [met = "", arguable = ""] = (after("# ")[0] ?? "").split("~");
  const ids = (list: string): string[] => list.split(" ").filter(Boolean);
  return {
    sections: ids(met),
    arguable: ids(arguable),
    title: after("@ ")[0] ?? "",
    items: alternatives("item:"),
    accused: alternatives("who:"),
    tells: after("- "),
    sums: after("= "),
  };
}
