import { deserialize } from "node:v8";
import type { Clock, FailureLog } from "@flyball/core";
import { CheckpointError } from "../errors.ts";
import { errorOf, type Failure, failed, ok, type Settlement } from "../run/settlement.ts";
import { encodeValue } from "./encode.ts";
import type { Lease } from "./lease.ts";
import type { CheckpointRecord, CheckpointStore, RunStatus } from "./types.ts";

export interface JournalOptions {
  readonly runId: string;
  readonly store: CheckpointStore;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly failures: FailureLog;
  /** Whether the run must not go on with what could not be stored. */
  readonly required: boolean;
  /** What an earlier process stored. */
  readonly records: readonly CheckpointRecord[];
}

/**
 * What a run has finished: reads what an earlier process stored, and stores what this one finishes. What could not be
 * stored is tried again before anything later is, so that the store never holds a result without what it came from.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #records: Map<string, CheckpointRecord>;
  /** Writes that failed, oldest first. */
  readonly #backlog: (() => Promise<unknown>)[] = [];
  #catchingUp: Promise<void> | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#records = new Map(options.records.map((record) => [record.path, record]));
  }

  /** Whether nothing waits to be stored. */
  get complete(): boolean {
    return this.#backlog.length === 0;
  }

  /** What a checkpoint has of `path`, as it was settled; undefined when it has not ended yet. */
  restore(path: string): Settlement | undefined {
    const record = this.take(path);
    if (!record) return undefined;
    try {
      const value: unknown = deserialize(record.value);
      // Only `save` below writes failures, and it gets them from `failureOf`.
      return record.status === "failed" ? failed(path, errorOf(value as Failure)) : ok(value);
    } catch (error) {
      return failed(path, new CheckpointError(path, `The checkpoint of \`${path}\` cannot be read`, error));
    }
  }

  /** The record of `path`, unless it only says that it was waiting. It is given once: a run may be long. */
  take(path: string): CheckpointRecord | undefined {
    const record = this.#records.get(path);
    if (!record || record.status === "suspended") return undefined;
    this.#records.delete(path);
    return record;
  }

  /** When `path` began to wait for a person, and what it showed. */
  waiting(path: string): { readonly since: number; readonly shown: unknown } | undefined {
    const record = this.#records.get(path);
    return record?.status === "suspended" ? { since: record.at, shown: deserialize(record.value) } : undefined;
  }

  /** @throws NodeValueError when a checkpoint could not bring the value back. */
  encode(path: string, value: unknown): Uint8Array {
    return encodeValue(path, value);
  }

  /** Resolves when the record is stored, or when the run may go on without. */
  save(path: string, status: CheckpointRecord["status"], value: Uint8Array): Promise<void> {
    const { store, runId, clock } = this.#options;
    return this.#write(`Checkpoint of \`${path}\``, () => store.save(runId, { path, status, value, at: clock.now() }));
  }

  /** Keeps work that the store refused for the next time that something is stored. */
  defer(work: () => Promise<unknown>): void {
    this.#backlog.push(work);
  }

  /** Stores how the run ended. @throws CheckpointError as `save` does. */
  conclude(status: RunStatus): Promise<void> {
    const { store, runId } = this.#options;
    return this.#write("The end", () => store.setStatus(runId, status));
  }

  /** Lets others go on with the run. */
  async release(): Promise<void> {
    try {
      await this.#options.lease.release();
    } catch (error) {
      this.#options.failures.report("checkpoint.lease", error);
    }
  }

  /** Does `work` after all that waits to be stored. @throws CheckpointError when that failed and is required. */
  async #write(what: string, work: () => Promise<unknown>): Promise<void> {
    const { lease, failures, required, runId } = this.#options;
    try {
      if (this.#backlog.length > 0) await this.#catchUp();
      await lease.confirm();
      await work();
    } catch (error) {
      this.#backlog.push(work);
      failures.report("checkpoint", error);
      if (required || lease.lost) throw new CheckpointError(runId, `${what} of run \`${runId}\` was not stored`, error);
    }
  }

  /** Whoever comes while this is going on waits for it too: nothing newer is stored before what it may come from. */
  #catchUp(): Promise<void> {
    this.#catchingUp ??= this.#drain().finally(() => {
      this.#catchingUp = undefined;
    });
    return this.#catchingUp;
  }

  async #drain(): Promise<void> {
    await this.#options.lease.confirm();
    for (let next = this.#backlog[0]; next; next = this.#backlog[0]) {
      await next();
      this.#backlog.shift();
    }
  }
}

/**
 * A value that is computed once in the life of a run and is the same after a resume, because paths depend on it (a
 * map's items, a route's choice) or functions do (a nested workflow's input).
 */
export async function fixed<T>(journal: Journal | undefined, path: string, compute: () => T): Promise<T> {
  if (!journal) return compute();
  const record = journal.take(path);
  // What was stored under the path is what `compute` gave an earlier process.
  if (record) return deserialize(record.value) as T;
  const value = compute();
  await journal.save(path, "ok", journal.encode(path, value));
  return value;
}
