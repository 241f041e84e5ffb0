import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { deserialize, serialize } from "node:v8";
import { diskLevel } from "@flyball/cache";
import { failureLog, silentLogger, systemClock } from "@flyball/core";
import { open } from "lmdb";
import { createRecord } from "../../../../packages/cache/src/codec/encode.ts";
import type { Figure, SuiteResult } from "../../report.ts";
import { answerOf } from "./values.ts";
import { serially } from "./wall.ts";

const goals: Readonly<Record<string, number>> = { "1 KB get": 6, "20 KB get": 10, "1 KB set": 20 };
const entries = 400;

/** The disk level beside lmdb, codec included on both sides. lmdb ends the process when its file is cut short. */
export async function disk(): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), "flyball-bench-disk-"));
  const level = diskLevel({ path: join(folder, "level.db") })({
    ...{ cache: "bench", clock: systemClock, logger: silentLogger },
    failures: failureLog(silentLogger),
  });
  const lmdb = open<Buffer, string>({ path: join(folder, "lmdb"), encoding: "binary" });
  const figures: Figure[] = [];
  try {
    for (const [size, bytes] of [
      ["1 KB", 1_024],
      ["20 KB", 20_480],
    ] as const) {
      const value = answerOf(bytes, size);
      const keys = Array.from({ length: entries }, (_, index) => `bench::${size}-${index}-0123456789abcdef0123456789`);
      const at = (index: number): string => keys[(index * 97) % entries] as string;
      const record = (): ReturnType<typeof createRecord> => {
        const [createdAt, later] = [Date.now(), Date.now() + 3_600_000];
        const about = { createdAt, expiresAt: later, staleUntil: later, computeMs: 1, usd: undefined };
        return createRecord({ value, ...about, tags: [], epochs: [0] });
      };
      for (const key of keys) {
        await level.set(key, record(), 3_600_000);
        void lmdb.put(key, serialize(value));
      }
      await lmdb.flushed;
      // Until the other thread has written them, they would be read from memory.
      await sleep(1_500);
      const gets = await serially([
        { name: `Flyball, ${size} get`, run: (index) => level.get(at(index)) },
        { name: `lmdb and v8, ${size} get`, run: (index) => deserialize(lmdb.getBinary(at(index)) as Buffer) },
      ]);
      const sets = await serially([
        { name: `Flyball, ${size} set`, run: (index) => level.set(at(index), record(), 3_600_000) },
        { name: `lmdb and v8, ${size} set, not awaited`, run: (index) => void lmdb.put(at(index), serialize(value)) },
      ]);
      for (const { name, micros } of [...gets, ...sets]) {
        const goal = name.startsWith("Flyball") ? goals[name.slice("Flyball, ".length)] : undefined;
        figures.push({ name, value: micros, unit: "µs", ...(goal ? { atMost: goal } : {}) });
      }
    }
    return { suite: "cache: disk, the calling thread's time", figures };
  } finally {
    await level.close(5_000);
    await lmdb.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
