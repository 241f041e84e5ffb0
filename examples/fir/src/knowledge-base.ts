import { DatabaseSync } from "node:sqlite";
import type { ModelClient } from "@flyball/models";
import type { Telemetry } from "@flyball/telemetry";
import type { Section } from "./data.ts";
import { sectionText } from "./prompts.ts";
import { fuseRankings, rankBySimilarity } from "./rank.ts";

/** Turns texts into vectors. */
export type Embed = (texts: readonly string[], signal?: AbortSignal) => Promise<readonly Float32Array[]>;

/** Embeds through a model client. */
export function embedWith(models: ModelClient, model: string): Embed {
  return async (inputs, signal) => (await models.embed({ model, inputs, ...(signal ? { signal } : {}) })).vectors;
}

export interface Hit {
  readonly section: Section;
  /** Fused rank score; comparable within one search only. */
  readonly score: number;
}

/** The statute sections, searchable by words and by meaning. */
export interface KnowledgeBase {
  /** The `limit` best sections for texts about one case (its summary, its transcript), best first. */
  search(texts: readonly string[], limit: number, signal?: AbortSignal): Promise<readonly Hit[]>;
  close(): void;
}

/** How much an embedding's ranking counts beside the words'; the shipped model's embeddings are weak. */
const meaningWeight = 0.25;

// Words of any complaint; left in, they drown the ones that tell sections apart.
const commonWords = new Set(
  (
    "the and that this with from have has had was were are been being for not you your his her him she they them their our " +
    "out who whom which what when where while then than there here into onto about after before again also very just only " +
    "will would could should can may might did does done said told went came got get one two three day night time police " +
    "station complaint sir madam please request report kindly name house road near"
  ).split(" "),
);

/** Builds the index in memory: a few milliseconds of SQLite, and one embedding a section. */
export async function openKnowledgeBase(
  sections: readonly Section[],
  embed: Embed,
  telemetry: Telemetry,
): Promise<KnowledgeBase> {
  const byId = new Map(sections.map((section) => [section.id, section]));
  const database = new DatabaseSync(":memory:");
  database.exec(
    "CREATE VIRTUAL TABLE sections USING fts5(id UNINDEXED, title, description, keywords, tokenize = 'porter unicode61')",
  );
  const insert = database.prepare("INSERT INTO sections VALUES (?, ?, ?, ?)");
  for (const section of sections) {
    insert.run(section.id, section.title, section.description, section.keywords.join(", "));
  }
  // Keywords weigh most: they are the words that complainants use.
  const find = database.prepare(
    "SELECT id FROM sections WHERE sections MATCH ? ORDER BY bm25(sections, 0, 2, 1, 3) LIMIT ?",
  );
  const embedded = await embed(sections.map(sectionText));
  const vectors = new Map(sections.map((section, index) => [section.id, embedded[index] as Float32Array]));

  function byWords(text: string, limit: number): string[] {
    const query = matchExpression(text);
    return query === undefined ? [] : (find.all(query, limit) as { id: string }[]).map(({ id }) => id);
  }

  async function search(texts: readonly string[], limit: number, signal?: AbortSignal): Promise<readonly Hit[]> {
    const queries = await embed(texts, signal);
    const rankings = texts.flatMap((text, index) => [
      { ids: byWords(text, limit * 2), weight: 1 },
      { ids: rankBySimilarity(queries[index] as Float32Array, vectors).slice(0, limit * 2), weight: meaningWeight },
    ]);
    return fuseRankings(rankings)
      .slice(0, limit)
      .map(({ id, score }) => ({ section: byId.get(id) as Section, score }));
  }

  return {
    search: (texts, limit, signal) =>
      telemetry.trace({ kind: "retrieval", name: "statutes" }, () => search(texts, limit, signal)),
    close: () => database.close(),
  };
}

/** An FTS5 expression that matches any telling word; undefined when there is none. Quoting makes every word plain text. */
function matchExpression(text: string): string | undefined {
  const words = new Set(text.toLowerCase().match(/\p{L}{3,}/gu) ?? []);
  const telling = [...words].filter((word) => !commonWords.has(word));
  return telling.length === 0 ? undefined : telling.map((word) => `"${word}"`).join(" OR ");
}
