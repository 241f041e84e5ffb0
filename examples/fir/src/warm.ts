import { appendFile, readFile } from "node:fs/promises";
import type { Warmed } from "@flyball/cache";
import { z } from "zod";
import type { CachedKnowledgeBase, Query } from "./knowledge-cache.ts";

const queryShape = z.array(z.string().min(1)).min(1);

/** Reads a list of searches: one JSON array of texts a line, as `keepQuery` writes them. */
export async function readQueries(path: string): Promise<Query[]> {
  const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => queryShape.parse(JSON.parse(line)));
}

/** Adds a search to the list, so that it can be warmed anywhere. */
export function keepQuery(path: string, query: Query): Promise<void> {
  return appendFile(path, `${JSON.stringify(query)}\n`);
}

/** Warms from `history`, what earlier processes asked most, or from the list in a file. */
export async function warmFrom(source: string, knowledge: CachedKnowledgeBase, limit: number): Promise<Warmed> {
  if (source === "history") return knowledge.warm({ history: 100, limit });
  return knowledge.warm({ queries: await readQueries(source), limit });
}
