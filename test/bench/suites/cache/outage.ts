import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createCache, memoryLevel, redisLevel } from "@flyball/cache";
import type { CallRequest, CallResult } from "../../../../packages/cache/test/fixtures/cache-child.ts";
import { type RedisService, startRedis } from "../../../services/redis.ts";
import { median } from "../../measure.ts";
import type { SuiteResult } from "../../report.ts";

/** What a hung Redis costs the calls, and how often 4 processes compute one cold key. */
export async function outages(): Promise<SuiteResult[]> {
  const redis = await startRedis();
  try {
    return [await hang(redis), await stampede(redis), await repeated()];
  } finally {
    await redis.stop();
  }
}

async function hang(redis: RedisService): Promise<SuiteResult> {
  const deadlineMs = 50;
  const [first, later]: [number[], number[]] = [[], []];
  for (let round = 0; round < 5; round++) {
    const cache = createCache({ levels: [memoryLevel(), redisLevel({ url: redis.url, deadlineMs })] });
    await cache.getOrCompute("warm", () => 1);
    await cache.flush();
    redis.hang();
    const timed = async (key: string): Promise<number> => {
      const start = performance.now();
      await cache.getOrCompute(key, () => 1);
      return performance.now() - start;
    };
    first.push(await timed("first"));
    for (let index = 0; index < 20; index++) later.push(await timed(`later${index}`));
    redis.wake();
    await cache.close(200);
    await sleep(50);
  }
  return {
    suite: "cache: Redis hangs, deadline 50 ms, wall clock",
    figures: [
      { name: "the first miss", value: median(first), unit: "ms", atMost: deadlineMs + 5 },
      { name: "each later one", value: median(later), unit: "ms", atMost: 1 },
    ],
  };
}

async function stampede(redis: RedisService): Promise<SuiteResult> {
  const computeMs = 50;
  const children: ChildProcess[] = [];
  const script = join(import.meta.dirname, "../../../../packages/cache/test/fixtures/cache-child.ts");
  for (let index = 0; index < 4; index++) {
    const child = fork(script, [redis.url, "3000"], { execArgv: ["--conditions=@flyball/source"] });
    children.push(child);
    await new Promise((resolve) => child.once("message", resolve));
  }
  const ask = (child: ChildProcess, request: CallRequest): Promise<CallResult> =>
    new Promise((resolve) => {
      child.once("message", (result) => resolve(result as CallResult));
      child.send(request);
    });
  const [computed, extra]: [number[], number[]] = [[], []];
  for (let round = 0; round < 10; round++) {
    const request = { key: `cold${round}`, callers: 1_000, computeMs };
    const results = await Promise.all(children.map((child) => ask(child, request)));
    computed.push(results.reduce((sum, one) => sum + one.computed, 0));
    extra.push(Math.max(...results.map((one) => one.ms)) - computeMs);
  }
  for (const child of children) child.kill();
  return {
    suite: "cache: 1,000 callers in each of 4 processes on one cold key",
    figures: [
      { name: "computations, at most", value: Math.max(...computed), unit: "", atMost: 1 },
      { name: "the slowest process, beyond the computation", value: median(extra), unit: "ms", atMost: 20 },
    ],
  };
}

/** An analysis that takes 250 ms, the first time and again. */
async function repeated(): Promise<SuiteResult> {
  const cache = createCache();
  const times: number[] = [];
  for (let index = 0; index < 2; index++) {
    const start = performance.now();
    await cache.getOrCompute("analysis", () => sleep(250, "an analysis"));
    times.push(performance.now() - start);
  }
  await cache.close();
  const [computing = 0, hit = 0] = times;
  return {
    suite: "cache: a repeated analysis",
    figures: [{ name: "again, as a share of computing it", value: (100 * hit) / computing, unit: "%", atMost: 2 }],
  };
}
