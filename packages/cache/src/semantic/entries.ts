import type { Clock } from "@flyball/core";
import { LRUCache } from "lru-cache";
import { stringBytes } from "../inspect-value.ts";
import type { MaybePromise } from "../types.ts";
import { GrowingIndex, type GrowingIndexOptions } from "./index/growing.ts";
import { answerKey, isOf } from "./partition.ts";
import type { AnswerStore, SemanticAnswer, SemanticPartition } from "./types.ts";

/** What points to an answer. The vector itself lies in the partition's index. */
export interface Entry {
  readonly id: number;
  readonly partition: string;
  readonly question: string;
  /** Under which its answer lies. */
  readonly key: string;
  readonly computeMs: number;
  readonly usd: number | undefined;
  /** On the clock's monotonic time, which nobody can set back. */
  readonly expiresAt: number;
  readonly bytes: number;
}

/** An entry that is near a question. */
export interface Near {
  readonly entry: Entry;
  readonly similarity: number;
}

export interface EntriesOptions extends GrowingIndexOptions {
  readonly ttlMs: number;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly answers: AnswerStore;
  readonly clock: Clock;
  readonly onStoreFailure: (error: unknown) => void;
}

/** Most neighbours that are looked at: if verification refuses the nearest, the next may do. */
const mostNeighbours = 4;
/** Expired entries removed with each new one; more than one, so that they never pile up. */
const sweptWithEach = 8;
const sweptAtOnce = 256;
/** Bytes of an entry beside its strings and vector: its fields, its places in the index, the maps and the LRU. */
const entryOverhead = 600;
/** A graph's share of a vector: one byte a value of its four, and its links. */
const graphShare = 1.4;

/** Entries of all partitions, bounded together, each partition with an index of its own. */
export class Entries {
  readonly #options: EntriesOptions;
  readonly #indexes = new Map<string, GrowingIndex>();
  readonly #byKey = new Map<string, number>();
  /** In the order of their expiry, since all live equally long. */
  readonly #expiry = new Map<number, number>();
  readonly #entries: LRUCache<number, Entry>;
  #nextId = 1;
  /** Raised by `forget`: what was on its way in before must not come in after. */
  generation = 0;
  evictions = 0;
  expirations = 0;

  constructor(options: EntriesOptions) {
    this.#options = options;
    this.#entries = new LRUCache({
      max: options.maxEntries,
      maxSize: options.maxBytes,
      sizeCalculation: (entry) => entry.bytes,
      dispose: (entry, _id, reason) => {
        if (reason === "evict") this.evictions++;
        this.#unlink(entry);
      },
    });
  }

  get usage(): { entries: number; partitions: number; graphs: number; bytes: number } {
    const graphs = [...this.#indexes.values()].filter((index) => index.indexed).length;
    return { entries: this.#entries.size, partitions: this.#indexes.size, graphs, bytes: this.#entries.calculatedSize };
  }

  /** Entries of the partition at least `threshold` similar, the most similar first; expired ones go. */
  near(partition: string, vector: Float32Array, threshold: number): Near[] {
    const found: Near[] = [];
    for (const { id, similarity } of this.#indexes.get(partition)?.search(vector, threshold, mostNeighbours) ?? []) {
      const entry = this.#entries.peek(id);
      // The index is the partition's own; the comparison stands here because a wrong tenant's answer is beyond repair.
      if (entry === undefined || entry.partition !== partition) continue;
      if (this.#isExpired(entry)) this.#expire(entry);
      else found.push({ entry, similarity });
    }
    return found;
  }

  /** The entry's answer, unless it is gone; then the entry goes too. */
  async read(entry: Entry): Promise<SemanticAnswer | undefined> {
    let text: string | undefined;
    try {
      text = await this.#options.answers.get(entry.key);
    } catch (error) {
      this.#options.onStoreFailure(error);
      return undefined;
    }
    if (typeof text !== "string" || text === "") this.#entries.delete(entry.id);
    // It may have been forgotten while the store was asked; getting it makes it the most recently used.
    if (this.#entries.get(entry.id) === undefined) return undefined;
    const { computeMs, usd } = entry;
    return { text: text as string, computeMs, ...(usd === undefined ? {} : { usd }) };
  }

  /** Keeps an answer in the place of an older one to the same question. False when it is too large to be kept. */
  async add(partition: string, question: string, vector: Float32Array, answer: SemanticAnswer): Promise<boolean> {
    const { answers, ttlMs, clock } = this.#options;
    const key = answerKey(partition, question);
    const held = answers.inProcess ? stringBytes(answer.text) : 0;
    const bytes = Math.ceil(vector.byteLength * graphShare + stringBytes(question) + held + entryOverhead);
    if (bytes > this.#options.maxBytes) return false;
    const { generation } = this;
    // The answer first: an entry that points to nothing would be a miss that costs a look at the store.
    try {
      await answers.set(key, answer.text, ttlMs);
    } catch (error) {
      this.#options.onStoreFailure(error);
      return false;
    }
    if (generation !== this.generation) {
      this.#settle(answers.delete(key));
      return false;
    }
    this.#link({ partition, question, key, bytes, ...answer }, vector, clock.monotonic() + ttlMs);
    this.sweep(sweptWithEach);
    return true;
  }

  forget(meant: Pick<SemanticPartition, "tenant"> & Partial<SemanticPartition>): void {
    this.generation++;
    const gone = [...this.#entries.values()].filter((entry) => isOf(entry.partition, meant));
    for (const entry of gone) {
      this.#entries.delete(entry.id);
      if (!this.#options.answers.inProcess) this.#deleteAnswer(entry.key);
    }
  }

  /** Removes expired entries, the oldest first, up to a number that does not hold anybody up. */
  sweep(most: number = sweptAtOnce): void {
    const now = this.#options.clock.monotonic();
    for (const [id, expiresAt] of this.#expiry) {
      if (expiresAt > now || most-- === 0) return;
      this.#expire(this.#entries.peek(id) as Entry);
    }
  }

  #isExpired = (entry: Entry): boolean => entry.expiresAt <= this.#options.clock.monotonic();

  #expire(entry: Entry): void {
    this.expirations++;
    this.#entries.delete(entry.id);
  }

  #link(
    {
      partition,
      question,
      key,
      bytes,
      computeMs,
      usd,
    }: Pick<Entry, "partition" | "question" | "key" | "bytes"> & SemanticAnswer,
    vector: Float32Array,
    expiresAt: number,
  ): void {
    // Twice at once the same question: the later one replaces the earlier.
    const older = this.#byKey.get(key);
    const id = this.#nextId++;
    const index = this.#indexes.get(partition) ?? new GrowingIndex(this.#options);
    this.#indexes.set(partition, index);
    index.add(id, vector);
    this.#byKey.set(key, id);
    this.#expiry.set(id, expiresAt);
    this.#entries.set(id, { id, partition, question, key, computeMs, usd, expiresAt, bytes });
    if (older !== undefined) this.#entries.delete(older);
  }

  #unlink(entry: Entry): void {
    this.#expiry.delete(entry.id);
    const index = this.#indexes.get(entry.partition);
    index?.remove(entry.id);
    if (index?.size === 0) this.#indexes.delete(entry.partition);
    // A newer entry under the same key has the answer now.
    if (this.#byKey.get(entry.key) !== entry.id) return;
    this.#byKey.delete(entry.key);
    // A shared store's answers may serve other processes, and end by their own time.
    if (this.#options.answers.inProcess) this.#deleteAnswer(entry.key);
  }

  #deleteAnswer(key: string): void {
    try {
      this.#settle(this.#options.answers.delete(key));
    } catch (error) {
      this.#options.onStoreFailure(error);
    }
  }

  #settle(work: MaybePromise<void>): void {
    if (work instanceof Promise) work.catch(this.#options.onStoreFailure);
  }
}
