import { Effect } from "effect";
import type { EngineSubject } from "./subject.ts";

type Wrap = (name: string, effect: Effect.Effect<number, unknown>) => Effect.Effect<number, unknown>;

function subject(name: string, wrap: Wrap): EngineSubject {
  const node = (label: string, value: number): Effect.Effect<number, unknown> =>
    wrap(
      label,
      Effect.promise(async () => value + 1),
    );
  const line = Effect.gen(function* () {
    let value = 0;
    for (let index = 0; index < 10; index++) value = yield* node(`n${index}`, value);
    return value;
  });
  const fan = Effect.gen(function* () {
    const first = yield* node("first", 0);
    const all = yield* Effect.all(
      Array.from({ length: 10 }, (_, index) => node(`n${index}`, first)),
      { concurrency: "unbounded" },
    );
    return yield* node("join", all.length);
  });
  return { name, line: () => Effect.runPromise(line), fan: () => Effect.runPromise(fan) };
}

export const effect: EngineSubject = subject("Effect", (_name, node) => node);

export const effectWithTimeoutAndSpan: EngineSubject = subject("Effect, timeout and span", (name, node) =>
  node.pipe(Effect.timeout("45 seconds"), Effect.withSpan(name)),
);
