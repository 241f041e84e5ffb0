import { keyOf, type Warmed } from "@flyball/cache";
import type { ServiceCache } from "@flyball/sdk";
import type { Section } from "./data.ts";
import type { Hit, KnowledgeBase } from "./knowledge-base.ts";

/** The texts of one search: a case's summary and transcript. */
export type Query = readonly string[];

export interface KnowledgeCacheOptions {
  readonly cache: ServiceCache;
  readonly sections: readonly Section[];
  /** The model that embeds: another one ranks otherwise. */
  readonly model: string;
}

export interface WarmKnowledge {
  /** Searches that are known to come, and … */
  readonly queries?: readonly Query[];
  /** … as many of those that were repeated most in earlier processes (`cache.historyKeys`), asked again. */
  readonly history?: number;
  /** How many hits each search is for. */
  readonly limit: number;
}

/** A knowledge base that remembers. */
export interface CachedKnowledgeBase extends KnowledgeBase {
  /** Searches ahead of the first request, a few at a time. Never rejects because of one of them. */
  warm(options: WarmKnowledge): Promise<Warmed>;
}

/** A search as it is kept: with what was asked, so that it can be asked again when it is old. */
interface Remembered {
  readonly query: Query;
  readonly limit: number;
  readonly found: readonly { readonly id: string; readonly score: number }[];
}

const minute = 60_000;
// After its five minutes an answer still stands in for a search that fails; statutes do not change within a day.
const lifetimes = { ttlMs: 5 * minute, graceMs: 24 * 60 * minute } as const;

/**
 * Searches are remembered for five minutes by the hash of their query, which also names the sections and the model: a
 * changed statute or model finds nothing of the old one. Texts that differ in white space only are one query.
 */
export function cachedKnowledge(knowledge: KnowledgeBase, options: KnowledgeCacheOptions): CachedKnowledgeBase {
  const { cache, sections, model } = options;
  const byId = new Map(sections.map((section) => [section.id, section]));
  const version = keyOf(sections, model);
  const keyFor = (query: Query, limit: number): string => keyOf("fir statutes", version, query, limit);
  const plain = (query: Query): Query => query.map((text) => text.replaceAll(/\s+/g, " ").trim());

  async function ask(query: Query, limit: number, signal: AbortSignal): Promise<Remembered> {
    const hits = await knowledge.search(query, limit, signal);
    return { query, limit, found: hits.map(({ section, score }) => ({ id: section.id, score })) };
  }

  /** What is asked under a key that an earlier process used, if it was asked of the same statutes and model. */
  async function recall(key: string): Promise<Remembered> {
    const known = await cache.get<Partial<Remembered>>(key);
    const { query, limit } = known?.value ?? {};
    if (query && limit && keyFor(query, limit) === key) return known?.value as Remembered;
    throw new Error("nothing of this key is left, or it is no search of these statutes");
  }

  return {
    async search(texts, limit): Promise<readonly Hit[]> {
      const query = plain(texts);
      // The cache's signal, not the caller's: others may wait for the same search.
      const { found } = await cache.getOrCompute<Remembered>(
        keyFor(query, limit),
        ({ signal }) => ask(query, limit, signal),
        lifetimes,
      );
      return found.map(({ id, score }) => ({ section: byId.get(id) as Section, score }));
    },
    warm({ queries = [], history, limit }) {
      const listed = new Map(queries.map(plain).map((query) => [keyFor(query, limit), { query, limit }]));
      return cache.warm<Remembered>({
        keys: listed.keys(),
        ...(history === undefined ? {} : { history }),
        compute: async (key, { signal }) => {
          const asked = listed.get(key) ?? (await recall(key));
          return ask(asked.query, asked.limit, signal);
        },
        options: lifetimes,
      });
    },
    close: () => knowledge.close(),
  };
}
