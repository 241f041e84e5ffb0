import { CancelledError, fakeClock } from "@flyball/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngine, type RetryPolicy, workflow } from "../src/index.ts";
import { backoff } from "../src/run/retry.ts";

/** Runs a node that fails `failures` times, and tells when its tries began. */
async function triesOf(retry: RetryPolicy, failures: number, thrown: unknown = new Error("no"), random = () => 0) {
  const clock = fakeClock();
  const at: number[] = [];
  const attempts: number[] = [];
  const graph = workflow<number>("w")
    .node("a", { retry }, (_state, context) => {
      at.push(clock.monotonic());
      attempts.push(context.attempt);
      if (at.length <= failures) throw thrown;
      return at.length;
    })
    .build({ output: (state) => state.a });
  const run = createEngine({ clock, random }).start(graph, 1);
  await clock.advance(100_000);
  return { result: await run.result, at, attempts, pending: clock.pending };
}

describe("retries", () => {
  it("wait twice as long each time, at most the longest delay", async () => {
    const { result, at, attempts, pending } = await triesOf({ attempts: 6, backoffMs: 100, maxBackoffMs: 500 }, 5);
    expect(result).toMatchObject({ status: "completed", output: 6 });
    expect(at).toEqual([0, 100, 300, 700, 1_200, 1_700]);
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6]);
    expect(pending).toBe(0);
  });

  it("end with the last try's error", async () => {
    const { result, at } = await triesOf({ attempts: 3 }, 99);
    expect(result).toMatchObject({ status: "failed", node: "a", error: { message: "no" } });
    expect(at).toHaveLength(3);
  });

  it("are not made for what is not worth them, nor for a cancellation", async () => {
    const fatal = { attempts: 5, retryable: (error: Error) => error.message !== "fatal" };
    expect((await triesOf(fatal, 99, new Error("fatal"))).at).toHaveLength(1);
    expect((await triesOf(fatal, 99, new Error("other"))).at).toHaveLength(5);
    expect((await triesOf({ attempts: 5 }, 99, new CancelledError("it"))).at).toHaveLength(1);
    const confused = { attempts: 5, retryable: () => JSON.parse("{") as boolean };
    expect((await triesOf(confused, 99)).result).toMatchObject({ status: "failed", error: { name: "SyntaxError" } });
  });

  it("stay within their jitter: LangGraph adds up to a second whatever the setting", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, jitter, drawn) => {
          const policy = { attempts: 12, backoffMs: 100, maxBackoffMs: 3_000, jitter };
          const whole = Math.min(3_000, 100 * 2 ** (attempt - 1));
          const delay = backoff(policy, attempt, () => drawn);
          expect(delay).toBeLessThanOrEqual(whole);
          expect(delay).toBeGreaterThanOrEqual(whole * (1 - jitter) - 1e-9);
        },
      ),
    );
    expect(backoff({ attempts: 2 }, 1, () => 0)).toBe(200);
    expect(backoff({ attempts: 99 }, 60, () => 0)).toBe(10_000);
  });

  it("count a timeout as a failed try (langgraphjs#2755 has none that holds), and give each try its own signal", async () => {
    const clock = fakeClock();
    const signals: AbortSignal[] = [];
    const graph = workflow<number>("w")
      .node("a", { retry: { attempts: 3, backoffMs: 10, jitter: 0 }, timeoutMs: 50 }, (_state, { signal, attempt }) => {
        signals.push(signal);
        return attempt < 3 ? new Promise<number>(() => {}) : attempt;
      })
      .build();
    const run = createEngine({ clock }).start(graph, 1);
    await clock.advance(1_000);
    expect(await run.result).toMatchObject({ status: "completed", state: { a: 3 } });
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true, false]);
    expect(clock.pending).toBe(0);
  });

  it("repeat what a schema refused: models answer differently the second time", async () => {
    const clock = fakeClock();
    const output = {
      parse(value: unknown): number {
        if (value === 2) return value;
        throw new Error("not yet");
      },
    };
    const graph = workflow<number>("w")
      .node("a", { retry: { attempts: 3 }, output }, (_state, context) => context.attempt)
      .build();
    const run = createEngine({ clock }).start(graph, 1);
    await clock.advance(10_000);
    expect(await run.result).toMatchObject({ status: "completed", state: { a: 2 } });
  });

  it("have a timeout that may depend on the state", async () => {
    const clock = fakeClock();
    const graph = workflow<number>("w")
      .node("a", { timeoutMs: (state) => state.input }, () => clock.sleep(100))
      .build();
    const engine = createEngine({ clock });
    const [short, long] = [engine.start(graph, 50), engine.start(graph, 200)];
    await clock.advance(1_000);
    expect((await short.result).status).toBe("failed");
    expect((await long.result).status).toBe("completed");
  });
});
