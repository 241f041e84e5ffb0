import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  boundedQueue,
  CancelledError,
  ConfigurationError,
  compose,
  errorType,
  FlyballError,
  failureLog,
  newRunId,
  newSpanId,
  newTraceId,
  describe as render,
  silentLogger,
  TimeoutError,
  toError,
} from "../src/index.ts";

describe("errors", () => {
  test("a refused setting names the path, what was received and what was expected", () => {
    const error = new ConfigurationError("http.port", "eighty", "a port number");
    expect(error.message).toBe('http.port: expected a port number, received "eighty"');
    expect(error).toMatchObject({ code: "configuration_invalid", subject: "http.port", name: "ConfigurationError" });
  });

  test("types are bounded names", () => {
    expect(errorType(new TimeoutError("x", 1))).toBe("timeout");
    expect(errorType(new CancelledError("x"))).toBe("cancelled");
    expect(errorType(Object.assign(new Error("x"), { code: "ECONNREFUSED" }))).toBe("ECONNREFUSED");
    expect(errorType(new RangeError("x"))).toBe("RangeError");
    expect(errorType("just a string")).toBe("thrown_non_error");
    expect(errorType(Object.assign(new Error("x"), { code: "y".repeat(65) }))).toBe("Error");
  });

  test("whatever is thrown becomes an Error that keeps it", () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const error = toError(thrown);
        expect(error).toBeInstanceOf(FlyballError);
        expect(error.cause).toBe(thrown);
      }),
    );
    const original = new Error("kept");
    expect(toError(original)).toBe(original);
  });

  test("rendering never throws and stays short", () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const value of [circular, Symbol("s"), 10n, () => 1, undefined, "x".repeat(500), Object.create(null)]) {
      expect(render(value).length).toBeLessThanOrEqual(80);
    }
    fc.assert(fc.property(fc.anything(), (value) => render(value).length <= 80));
  });
});

describe("bounded queue", () => {
  test("behaves as a list that refuses past its capacity", () => {
    const command = fc.oneof(fc.record({ push: fc.integer() }), fc.record({ take: fc.integer({ min: 0, max: 5 }) }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(command, { maxLength: 200 }), (capacity, commands) => {
        const queue = boundedQueue<number>(capacity);
        const model: number[] = [];
        let dropped = 0;
        for (const step of commands) {
          if ("push" in step) {
            const fits = model.length < capacity;
            expect(queue.push(step.push)).toBe(fits);
            if (fits) model.push(step.push);
            else dropped++;
          } else {
            expect(queue.take(step.take)).toEqual(model.splice(0, step.take));
          }
          expect([queue.size, queue.dropped]).toEqual([model.length, dropped]);
        }
      }),
    );
  });

  test("refuses a capacity that is no positive integer", () => {
    for (const capacity of [0, -1, 1.5, Number.NaN]) expect(() => boundedQueue(capacity)).toThrow(RangeError);
  });
});

describe("middleware", () => {
  test("wraps from the outside in", async () => {
    const seen: string[] = [];
    const layer = (name: string) => async (_context: string, next: () => Promise<string>) => {
      seen.push(`${name} in`);
      const value = await next();
      seen.push(`${name} out`);
      return value;
    };
    const run = compose([layer("a"), layer("b")], async (context) => context);
    expect(await run("x")).toBe("x");
    expect(seen).toEqual(["a in", "b in", "b out", "a out"]);
  });

  test("none costs nothing: the operation itself is returned", () => {
    const operation = async () => 1;
    expect(compose([], operation)).toBe(operation);
  });

  test("calling next twice is an error, not a second execution", async () => {
    let executions = 0;
    const twice = compose<undefined, number>(
      [
        async (_context, next) => {
          await next();
          return next();
        },
      ],
      async () => ++executions,
    );
    await expect(twice(undefined)).rejects.toThrow("twice");
    expect(executions).toBe(1);
  });
});

describe("failure log", () => {
  test("logs a cause once and counts all, within its bound", () => {
    const lines: string[] = [];
    const failures = failureLog({ ...silentLogger, warn: (_fields, message) => void lines.push(message) }, 2);
    for (const cause of ["sink", "sink", "store", "third", "fourth"]) failures.report(cause, new Error("x"));
    expect(Object.fromEntries(failures.counts)).toEqual({ sink: 2, store: 1, other: 2 });
    expect(lines).toHaveLength(3);
  });

  test("a logger that throws reaches nobody", () => {
    const failures = failureLog({
      ...silentLogger,
      warn() {
        throw new Error("broken logger");
      },
    });
    expect(() => failures.report("sink", new Error("x"))).not.toThrow();
    expect(failures.counts.get("sink")).toBe(1);
  });
});

describe("ids", () => {
  test("have W3C shape and do not repeat", () => {
    const traces = new Set(Array.from({ length: 5_000 }, newTraceId));
    const spans = new Set(Array.from({ length: 5_000 }, newSpanId));
    expect([traces.size, spans.size]).toEqual([5_000, 5_000]);
    for (const id of traces) expect(id).toMatch(/^[0-9a-f]{32}$/);
    for (const id of spans) expect(id).toMatch(/^[0-9a-f]{16}$/);
  });

  test("run ids sort by their start", () => {
    expect(newRunId(1_000) < newRunId(2_000)).toBe(true);
    expect(newRunId(Date.UTC(2026, 0, 1)) < newRunId(Date.UTC(2126, 0, 1))).toBe(true);
  });
});
