import { createGuard, type Guard } from "../levels/guard.ts";
import type { EmbeddingCache } from "./embedding-cache.ts";
import type { Entries } from "./entries.ts";
import type { SemanticLedger } from "./ledger.ts";
import type { SemanticSettings } from "./options.ts";
import type { SemanticHit } from "./types.ts";

/** What a look-up brought: perhaps a hit, and the question's vector unless it could not be had. */
export interface Found {
  readonly hit: SemanticHit | undefined;
  readonly vector: Float32Array | undefined;
}

const nothing: Found = { hit: undefined, vector: undefined };
/** Embeddings waited for at once; what comes on top is not looked up. */
const mostPending = 256;
/** Failures in a row after which embedding is left alone until a probe succeeds. One timeout is enough. */
const tripAfter = 3;

/** Finds the answer to a question among those of its partition. */
export class Lookup {
  readonly #settings: SemanticSettings;
  readonly #entries: Entries;
  readonly #embeddings: EmbeddingCache;
  readonly #ledger: SemanticLedger;
  readonly #guard: Guard;

  constructor(settings: SemanticSettings, entries: Entries, embeddings: EmbeddingCache, ledger: SemanticLedger) {
    this.#settings = settings;
    this.#entries = entries;
    this.#embeddings = embeddings;
    this.#ledger = ledger;
    this.#guard = createGuard({
      name: `${settings.name} embedding`,
      deadlineMs: settings.embedDeadlineMs,
      maxPending: mostPending,
      tripAfter,
      // A text that nobody asked before, lest the cache of embeddings answers for a model that is gone.
      probe: () => embeddings.embed([`probe ${settings.clock.now()}`]),
      clock: settings.clock,
    });
  }

  /** Never rejects. `serve` says whether a hit will be, for the statistics. */
  async find(partition: string, question: string, serve: boolean): Promise<Found> {
    const { clock } = this.#settings;
    const begun = clock.monotonic();
    let vector: Float32Array;
    try {
      vector = this.#embeddings.known(question) ?? (await this.#embed(question));
    } catch (error) {
      this.#ledger.failed("semantic cache embedding", error, clock.monotonic() - begun);
      return nothing;
    }
    try {
      const { hit, refused } = await this.#nearest(partition, question, vector);
      const took = clock.monotonic() - begun;
      if (hit === undefined) this.#ledger.missed(took, refused);
      else if (serve) this.#ledger.hit(hit.answer, took);
      else this.#ledger.wouldHit(took);
      return { hit, vector };
    } catch (error) {
      this.#ledger.failed("semantic cache look-up", error, clock.monotonic() - begun);
      return { hit: undefined, vector };
    }
  }

  close(): void {
    this.#guard.close();
  }

  async #embed(question: string): Promise<Float32Array> {
    const [vector] = await this.#guard.run(() => this.#embeddings.embed([question]));
    return vector as Float32Array;
  }

  async #nearest(
    partition: string,
    question: string,
    vector: Float32Array,
  ): Promise<{ hit: SemanticHit | undefined; refused: boolean }> {
    let refused = false;
    for (const { entry, similarity } of this.#entries.near(partition, vector, this.#settings.threshold)) {
      const disagreement = this.#settings.verify(question, entry.question);
      if (disagreement !== undefined) {
        refused = true;
        this.#ledger.disagreed(disagreement);
        continue;
      }
      const answer = await this.#entries.read(entry);
      if (answer !== undefined) return { hit: { answer, question: entry.question, similarity }, refused };
    }
    return { hit: undefined, refused };
  }
}
