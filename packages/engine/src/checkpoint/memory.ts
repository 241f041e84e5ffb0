import { type Clock, systemClock } from "@flyball/core";
import { CheckpointError } from "../errors.ts";
import type { CheckpointHead, CheckpointRecord, CheckpointStore } from "./types.ts";

export interface MemoryCheckpointOptions {
  /** Most runs kept; beyond it the oldest finished one is forgotten, then the oldest of all. Default 1,000. */
  readonly maxRuns?: number;
  readonly clock?: Clock;
}

interface Kept {
  head: CheckpointHead;
  readonly records: Map<string, CheckpointRecord>;
}

/** Keeps runs in this process: approvals within one process, and tests. Nothing survives the process. */
export function createMemoryCheckpoints(options: MemoryCheckpointOptions = {}): CheckpointStore {
  const { maxRuns = 1_000, clock = systemClock } = options;
  const runs = new Map<string, Kept>();
  const claims = new Map<string, { readonly owner: string; readonly until: number }>();

  function existing(runId: string): Kept {
    const run = runs.get(runId);
    if (!run) throw new CheckpointError(runId, `Run \`${runId}\` has no checkpoints`);
    return run;
  }

  function forgetOldest(): void {
    if (runs.size <= maxRuns) return;
    const finished = [...runs.values()].find(({ head }) => head.status !== "running" && head.status !== "suspended");
    const oldest = finished?.head.runId ?? runs.keys().next().value;
    if (oldest !== undefined) runs.delete(oldest);
  }

  return {
    async create(head) {
      if (runs.has(head.runId)) return false;
      runs.set(head.runId, { head, records: new Map() });
      forgetOldest();
      return true;
    },
    async save(runId, record) {
      existing(runId).records.set(record.path, record);
    },
    async setStatus(runId, status) {
      const run = existing(runId);
      run.head = { ...run.head, status };
    },
    async load(runId) {
      const run = runs.get(runId);
      return run && { head: run.head, records: [...run.records.values()] };
    },
    async list({ status, limit }) {
      const heads = [...runs.values()].map(({ head }) => head).filter((head) => !status || head.status === status);
      return heads.sort((a, b) => b.startedAt - a.startedAt || (a.runId < b.runId ? 1 : -1)).slice(0, limit);
    },
    async delete(runId) {
      runs.delete(runId);
      claims.delete(runId);
    },
    async claim(runId, owner, ttlMs) {
      const held = claims.get(runId);
      const now = clock.now();
      if (held && held.owner !== owner && held.until > now) return held.owner;
      claims.set(runId, { owner, until: now + ttlMs });
      return owner;
    },
    async release(runId, owner) {
      if (claims.get(runId)?.owner === owner) claims.delete(runId);
    },
    async close() {},
  };
}
