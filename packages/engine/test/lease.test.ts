import { type FakeClock, fakeClock } from "@flyball/core";
import { type Coordinator, createLocalCoordinator, openStore } from "@flyball/storage";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type CheckpointStore, createEngine, createMemoryCheckpoints, workflow } from "../src/index.ts";

let clock: FakeClock;
let release: () => void;
let stopped: (() => Promise<void>) | undefined;
beforeEach(() => {
  clock = fakeClock();
});
afterEach(async () => {
  await stopped?.();
  stopped = undefined;
});

/** Waits in node `a` until `release` is called. */
const graph = workflow<number>("w")
  .node("a", () => new Promise<number>((resolve) => (release = () => resolve(1))))
  .node("b", (state) => state.a)
  .build();

function coordinated(): Coordinator {
  const store = openStore({ path: ":memory:", clock });
  const coordinator = createLocalCoordinator(store, { clock });
  stopped = async () => {
    await coordinator.close();
    await store.close();
  };
  return coordinator;
}

describe.each([
  ["the checkpoint store", () => undefined],
  ["a coordinator", coordinated],
])("who goes on with a run, agreed through %s", (_name, makeCoordinator) => {
  let checkpoints: CheckpointStore;
  let engine: () => ReturnType<typeof createEngine>;
  beforeEach(() => {
    checkpoints = createMemoryCheckpoints({ clock });
    const coordinator = makeCoordinator();
    engine = () => createEngine({ checkpoints, clock, ...(coordinator && { coordinator }) });
  });

  it("is one at a time, however long it takes, in one engine too", async () => {
    const one = engine();
    const run = one.start(graph, 1);
    await clock.advance(600_000);
    for (const other of [engine(), one]) {
      expect(await other.resume(graph, run.id).result).toMatchObject({
        status: "refused",
        error: { code: "run_claimed" },
      });
    }
    release();
    expect((await run.result).status).toBe("completed");
    expect(clock.pending).toBe(0);
    expect((await engine().resume(graph, run.id).result).status).toBe("completed");
  });

  it("is one of two that ask at the same moment", async () => {
    const waiting = workflow<number>("w")
      .approval("ok", { show: () => 1 })
      .build();
    const run = engine().start(waiting, 1);
    await run.result;
    const answers = { ok: { approved: true } };
    const results = await Promise.all([1, 2, 3].map(() => engine().resume(waiting, run.id, { answers }).result));
    expect(results.filter(({ status }) => status === "refused")).toHaveLength(2);
    expect(results.filter(({ status }) => status === "completed")).toHaveLength(1);
  });

  it("passes to another process when the first stalls; the first stops and stores nothing more", async () => {
    const run = engine().start(graph, 1);
    await clock.advance(0);
    const releaseFirst = release;
    // The machine slept: wall time went on, no timer ran.
    clock.jump(60_000);
    const second = engine().resume(graph, run.id);
    await clock.advance(0);
    await clock.advance(10_000);
    expect(await run.result).toMatchObject({ status: "cancelled", error: { code: "checkpoint_failed" } });
    releaseFirst();
    await clock.advance(0);
    expect((await checkpoints.load(run.id))?.records).toEqual([]);
    release();
    expect((await second.result).status).toBe("completed");
  });
});

it("what another process did before the lease was this one's is not done again", async () => {
  const checkpoints = createMemoryCheckpoints({ clock });
  let ran = 0;
  const waiting = workflow<number>("w")
    .approval("ok", { show: () => 1 })
    .node("a", () => ++ran)
    .build();
  const run = await createEngine({ checkpoints, clock }).run(waiting, 1);
  const answers = { ok: { approved: true } };
  const claim: CheckpointStore["claim"] = async (...given) => {
    await createEngine({ checkpoints, clock }).resume(waiting, run.runId, { answers }).result;
    return checkpoints.claim(...given);
  };
  const late = createEngine({ checkpoints: { ...checkpoints, claim }, clock });
  expect((await late.resume(waiting, run.runId, { answers }).result).status).toBe("completed");
  expect(ran).toBe(1);
});

it("a coordinator is asked instead of the checkpoint store", async () => {
  const checkpoints = createMemoryCheckpoints({ clock });
  const claim = vi.spyOn(checkpoints, "claim");
  const coordinator = coordinated();
  const quick = workflow<number>("w")
    .node("a", () => 1)
    .build();
  const run = await createEngine({ checkpoints, clock, coordinator }).run(quick, 1, { runId: "r" });
  expect(run.status).toBe("completed");
  expect(claim).not.toHaveBeenCalled();
  expect(await coordinator.claim("flyball:run:r", 1_000)).toBeDefined();
});
