import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { startRedis } from "../../../test/services/redis.ts";
import type { Notice } from "../src/index.ts";
import { beginMinute, type Replica, type ReplicaSetup, startReplica } from "./fixtures/replica.ts";
import { startReceiver } from "./support/receiver.ts";

const minute = 60_000;

beforeEach(beginMinute);

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "flyball-alerting-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function started(...setups: ReplicaSetup[]): Promise<Replica[]> {
  const replicas = await Promise.all(setups.map(startReplica));
  onTestFinished(async () => {
    await Promise.all(replicas.map((replica) => replica.kill()));
  });
  return replicas;
}

const all = <T>(replicas: readonly Replica[], request: unknown): Promise<T[]> =>
  Promise.all(replicas.map((replica) => replica.ask<T>(request)));

/** A minute passes in which every replica sees the same, then all of them look at once. */
async function live(replicas: readonly Replica[], what: "slow" | "fast"): Promise<void> {
  await all(replicas, what);
  await all(replicas, { later: minute });
  await all(replicas, "look");
  await all(replicas, "settle");
}

/** Until nothing waits anywhere: a replica that found the channel taken looks again after a second. */
async function settled(replicas: readonly Replica[]): Promise<void> {
  for (;;) {
    const outboxes = await all<{ waiting: number; sending: number }>(replicas, "settle");
    if (outboxes.every(({ waiting, sending }) => waiting + sending === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What people were told: kinds and episodes. */
async function story(replicas: readonly Replica[], told: () => Notice[]): Promise<string[]> {
  for (let episode = 0; episode < 2; episode++) {
    await live(replicas, "slow");
    await live(replicas, "slow");
    await settled(replicas);
    await live(replicas, "fast");
    await live(replicas, "fast");
    await settled(replicas);
  }
  return told().flatMap(({ kind, alerts }) => alerts.map(({ name }) => `${kind} ${name}`));
}

const once = ["firing run-latency", "resolved run-latency", "firing run-latency", "resolved run-latency"];

describe("three replicas tell people once (complaint: the same alert once per replica)", () => {
  it("over one shared file", async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const file = join(folder(), "shared.db");
    const setup = { file, webhook: receiver.url };
    const replicas = await started(setup, setup, setup);
    const told = (): Notice[] => receiver.requests.map(({ body }) => JSON.parse(body) as Notice);
    expect(await story(replicas, told)).toEqual(once);
    expect(told().every(({ possibleRepeat }) => !possibleRepeat)).toBe(true);
  }, 60_000);

  it.skipIf(!available("redis-server"))(
    "on three machines, with files of their own and one Redis",
    async () => {
      const [receiver, redis] = await Promise.all([startReceiver(), startRedis()]);
      onTestFinished(async () => {
        await receiver.close();
        await redis.stop();
      });
      const path = folder();
      const setups = ["a", "b", "c"].map((name) => ({
        file: join(path, `${name}.db`),
        redis: redis.url,
        webhook: receiver.url,
      }));
      const replicas = await started(...setups);
      const told = (): Notice[] => receiver.requests.map(({ body }) => JSON.parse(body) as Notice);
      expect(await story(replicas, told)).toEqual(once);

      // Redis goes away: rather told more than once than not at all.
      await redis.kill();
      await live(replicas, "slow");
      await settled(replicas);
      expect(told().filter(({ kind }) => kind === "firing").length).toBeGreaterThan(2);
    },
    60_000,
  );
});

describe("kill -9", () => {
  it("before anything was sent loses nothing (complaint: lost at a restart)", async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    receiver.answers.push(...Array.from({ length: 200 }, () => ({ status: 503 })));
    const setup = { file: join(folder(), "one.db"), webhook: receiver.url };
    const [first] = (await started(setup)) as [Replica];
    await live([first], "slow");
    await first.kill();
    const tried = receiver.requests.length;
    receiver.answers.length = 0;
    const [second] = (await started(setup)) as [Replica];
    await second.ask({ later: minute });
    await second.ask("look");
    await settled([second]);
    const told = receiver.requests.slice(tried).map(({ body }) => JSON.parse(body) as Notice);
    expect(told.map(({ kind }) => kind)).toEqual(["firing"]);
  }, 30_000);

  it("between sending and noting it sends again, and says that it may be a repeat", async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const setup = { file: join(folder(), "one.db"), webhook: receiver.url };
    const [first] = (await started({ ...setup, dieAfterSending: true })) as [Replica];
    await live([first], "slow").catch(() => {});
    await first.ended;
    expect(receiver.requests).toHaveLength(1);
    const [second] = (await started(setup)) as [Replica];
    await second.ask({ later: 2 * minute });
    await second.ask("slow");
    await second.ask({ later: minute });
    await second.ask("look");
    await settled([second]);
    const told = receiver.requests.map(({ body }) => JSON.parse(body) as Notice);
    expect(told.map(({ kind, possibleRepeat }) => [kind, possibleRepeat])).toEqual([
      ["firing", false],
      ["firing", true],
    ]);
    expect(told[0]?.id).toBe(told[1]?.id);
  }, 30_000);
});
