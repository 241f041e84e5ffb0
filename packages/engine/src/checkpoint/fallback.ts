import { type FailureLog, failureLog, type Logger, silentLogger } from "@flyball/core";
import type { CheckpointHead, CheckpointRecord, CheckpointStore, StoredRun } from "./types.ts";

export interface FallbackCheckpointOptions {
  /** Where runs are kept while it answers, for example Redis. Its own deadlines bound how long a run waits for it. */
  readonly primary: CheckpointStore;
  /** Where a run goes on when the primary fails, for example the embedded database. */
  readonly secondary: CheckpointStore;
  readonly logger?: Logger;
}

export interface FallbackCheckpoints extends CheckpointStore {
  /** Failures by side, `checkpoints.primary` and `checkpoints.secondary`: counted, and logged once each. */
  readonly failures: ReadonlyMap<string, number>;
}

/** A run under way in this process: all that its present store holds, so that the other one can be given it. */
interface Underway {
  readonly head: CheckpointHead;
  readonly records: Map<string, CheckpointRecord>;
  home: "primary" | "secondary";
}

/**
 * Two stores in one. A run stays in the primary until that fails; then the secondary is given all of the run, and the run
 * stays there until it is resumed, when it moves back to the primary if that answers again. Reading looks in both.
 */
export function createFallbackCheckpoints(options: FallbackCheckpointOptions): FallbackCheckpoints {
  const { primary, secondary } = options;
  const failures = failureLog(options.logger ?? silentLogger);
  const underway = new Map<string, Underway>();

  const tryPrimary = attempts("checkpoints.primary", failures);
  const trySecondary = attempts("checkpoints.secondary", failures);

  /** Does `work` where the run is; when that is the primary and it fails, moves the run and does it there. */
  async function whereItIs(runId: string, work: (store: CheckpointStore) => Promise<void>): Promise<void> {
    const run = underway.get(runId);
    if (run?.home !== "secondary" && (await tryPrimary(() => work(primary)))) return;
    try {
      if (run?.home === "primary") {
        await copy(run.head, run.records.values(), secondary);
        run.home = "secondary";
      }
      await work(secondary);
    } catch (error) {
      failures.report("checkpoints.secondary", error);
      throw error;
    }
  }

  /** What both stores have of a run; what the secondary has is newer, since runs move there from the primary. */
  async function readBoth(runId: string): Promise<{ readonly stored: StoredRun; readonly moved: boolean } | undefined> {
    const here = await tryPrimary(() => primary.load(runId));
    const there = await trySecondary(() => secondary.load(runId));
    if (there?.value) {
      const all = [...(here?.value?.records ?? []), ...there.value.records];
      const records = new Map(all.map((record) => [record.path, record]));
      return { stored: { head: there.value.head, records: [...records.values()] }, moved: true };
    }
    // Without the primary's answer nobody can say that there is no such run: asked again, it rejects.
    const stored = here ? here.value : await primary.load(runId);
    return stored && { stored, moved: false };
  }

  async function beginAgain(runId: string): Promise<void> {
    const found = await readBoth(runId);
    if (!found) return;
    const { head, records } = found.stored;
    const back = found.moved && (await tryPrimary(() => copy(head, records, primary)));
    // Kept in one place only: two copies would be asked which of them is right.
    if (back) await trySecondary(() => secondary.delete(runId));
    const home = found.moved && !back ? "secondary" : "primary";
    underway.set(runId, { head, records: new Map(records.map((record) => [record.path, record])), home });
  }

  return {
    failures: failures.counts,
    async create(head) {
      const made = await tryPrimary(() => primary.create(head));
      const created = made ? made.value : await secondary.create(head);
      if (created) underway.set(head.runId, { head, records: new Map(), home: made ? "primary" : "secondary" });
      return created;
    },
    async save(runId, record) {
      // Remembered first: when another write moves the run meanwhile, this record must move with it.
      underway.get(runId)?.records.set(record.path, record);
      await whereItIs(runId, (store) => store.save(runId, record));
    },
    async setStatus(runId, status) {
      if (status === "running" && !underway.has(runId)) await beginAgain(runId);
      await whereItIs(runId, (store) => store.setStatus(runId, status));
      if (status !== "running") underway.delete(runId);
    },
    load: async (runId) => (await readBoth(runId))?.stored,
    async list({ status, limit }) {
      const here = await tryPrimary(() => primary.list({ limit, ...(status === undefined ? undefined : { status }) }));
      // Asked for all: of a run that has moved, the primary's word on its status is out of date.
      const there = await trySecondary(() => secondary.list({ limit: Math.max(limit, 1_000) }));
      if (!here && !there) return primary.list({ limit });
      const heads = new Map([...(here?.value ?? []), ...(there?.value ?? [])].map((head) => [head.runId, head]));
      const found = [...heads.values()].filter((head) => status === undefined || head.status === status);
      return found.sort((a, b) => b.startedAt - a.startedAt).slice(0, limit);
    },
    async delete(runId) {
      underway.delete(runId);
      await tryPrimary(() => primary.delete(runId));
      await secondary.delete(runId);
    },
    async claim(runId, owner, ttlMs) {
      // In both, so that whoever loses sight of the primary still meets the claim in the secondary.
      const here = await tryPrimary(() => primary.claim(runId, owner, ttlMs));
      if (here && here.value !== owner) return here.value;
      const there = await trySecondary(() => secondary.claim(runId, owner, ttlMs));
      if (!here && !there) return primary.claim(runId, owner, ttlMs);
      if (there && there.value !== owner) {
        await tryPrimary(() => primary.release(runId, owner));
        return there.value;
      }
      return owner;
    },
    async release(runId, owner) {
      underway.delete(runId);
      await tryPrimary(() => primary.release(runId, owner));
      await trySecondary(() => secondary.release(runId, owner));
    },
    async close() {
      await Promise.allSettled([primary.close(), secondary.close()]);
    },
  };
}

type Attempts = <T>(work: () => Promise<T>) => Promise<{ readonly value: T } | undefined>;

/** Gives what the work gave, or undefined, counted, when it failed. */
function attempts(cause: string, failures: FailureLog): Attempts {
  return async (work) => {
    try {
      return { value: await work() };
    } catch (error) {
      failures.report(cause, error);
      return undefined;
    }
  };
}

async function copy(head: CheckpointHead, records: Iterable<CheckpointRecord>, to: CheckpointStore): Promise<void> {
  await to.create(head);
  await Promise.all(Array.from(records, (record) => to.save(head.runId, record)));
  await to.setStatus(head.runId, head.status);
}
