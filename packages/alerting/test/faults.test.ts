import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeClock } from "@flyball/core";
import type { Store } from "@flyball/storage";
import { describe, expect, it, onTestFinished } from "vitest";
import { createAlerting, parseRulesFile, type Rule, watchRules } from "../src/index.ts";
import { collectingChannel } from "./support/collecting-channel.ts";
import { live, openTestStore, rulesWith, slowRuns } from "./support/live.ts";
import { recordedMinutes, run, times } from "./support/readings.ts";

const fast = times(10, run(2));
const slow = times(10, run(41));

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "flyball-alerting-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe("clock jumps", () => {
  it("forward do not make a breach out of the time in between", async () => {
    const { alerting, channel, step, clock, record } = live({ rules: rulesWith({ for: 10 }) });
    await step(2, ...slow);
    clock.jump(3_600_000);
    record(...slow);
    await step(1, ...slow);
    expect(channel.told).toEqual([]);
    expect(alerting.alerts().states).toHaveLength(1);
    await step(10, ...slow);
    expect(channel.told).toEqual(["firing run-latency"]);
  });

  it("backward do not silence rules until the time is made up", async () => {
    const { channel, step, clock } = live();
    await step(10, ...fast);
    clock.jump(-3_600_000);
    await step(2, ...slow);
    expect(channel.told).toEqual(["firing run-latency"]);
    await step(7, ...fast);
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency"]);
  });
});

describe("a clock that is set back", () => {
  it("does not make a notice wait until the time is made up", async () => {
    const { channel, step, clock, alerting } = live();
    channel.faults.push(new Error("down"), new Error("down"));
    await step(1, ...slow);
    clock.jump(-3 * 3_600_000);
    await clock.advance(90_000);
    await alerting.delivered();
    expect(channel.told).toEqual(["firing run-latency"]);
  });
});

describe("a disk that is full", () => {
  it("costs no notice, and sends none twice", async () => {
    const clock = fakeClock();
    const store = openTestStore(join(folder(), "full.db"), clock);
    const minutes = recordedMinutes(clock);
    const { channel, step, alerting } = live({ store: unwritable(store) }, minutes);
    await step(4, ...slow);
    await step(8, ...fast);
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency"]);
    expect(Object.keys(alerting.stats().failures)).toContain("alert outbox");
  });

  it("that fills up between sending and noting it does not send again", async () => {
    const clock = fakeClock();
    const store = openTestStore(join(folder(), "fills.db"), clock);
    let full = false;
    const channel = collectingChannel();
    const { step } = live(
      {
        store: unwritable(store, () => full),
        channels: [
          {
            ...channel,
            name: "collect",
            async send(notice, signal) {
              await channel.send(notice, signal);
              full = true;
            },
          },
        ],
      },
      recordedMinutes(clock),
    );
    await step(1, ...slow);
    await step(3, ...slow);
    expect(channel.told).toEqual(["firing run-latency"]);
    full = false;
    await step(1, ...slow);
    await step(7, ...fast);
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency"]);
  });
});

describe("readings that cannot be read", () => {
  it("are an alert themselves, and what fired goes on firing", async () => {
    const minutes = recordedMinutes();
    let broken = false;
    const { windows } = minutes.telemetry;
    const readings = {
      ...windows,
      series: (query: object) => {
        if (broken) throw new Error("the database is locked");
        return windows.series(query);
      },
    };
    const { channel, step } = live({ readings }, minutes);
    await step(2, ...slow);
    broken = true;
    await step(2, ...slow);
    expect(channel.told).toEqual(["firing run-latency", "firing alerting-readings-failing"]);
    broken = false;
    await step(2, ...slow);
    expect(channel.told.at(-1)).toBe("resolved alerting-readings-failing");
    expect(channel.told).toHaveLength(3);
  });
});

describe("a rules file", () => {
  const good = "rules:\n  - { type: absence, name: nothing-runs, summary: Nothing runs., of: { kind: run } }\n";

  it("that is replaced by a broken one changes nothing, and that is an alert until it is good again", async () => {
    const path = join(folder(), "rules.yaml");
    writeFileSync(path, good);
    const { alerting, channel, step, clock } = live({ cooldown: 0 });
    const { stop } = watchRules({ path, alerting, others: [slowRuns], clock });
    onTestFinished(stop);
    await step(2, ...slow);
    // As editors and mounted volumes do it: another file under the same name.
    writeFileSync(`${path}.new`, "rules: [{ type: absense }]\n");
    renameSync(`${path}.new`, path);
    await step(2, ...slow);
    expect(channel.told).toEqual(["firing run-latency", "firing alerting-rules-invalid"]);
    expect(channel.notices.at(-1)?.alerts[0]?.text).toMatch(/rules\[0\]\.type.*did you mean absence/);
    expect(alerting.stats().rules).toBe(1);
    writeFileSync(path, good);
    await step(2, ...slow);
    expect(channel.told.at(-1)).toBe("resolved alerting-rules-invalid");
    expect(alerting.stats().rules).toBe(2);
    rmSync(path);
    await step(2, ...slow);
    expect(channel.told.at(-1)).toBe("firing alerting-rules-invalid");
    expect(alerting.stats().rules).toBe(2);
  });

  it.each<[string, string, RegExp]>([
    ["no YAML", "rules: [", /rules\.yaml: expected YAML/],
    ["another section", "rule: []", /did you mean rules/],
    ["a list", "- a", /a mapping with rules/],
  ])("with %s is refused", (_what, text, message) => {
    expect(() => parseRulesFile(text, "rules.yaml")).toThrow(message);
  });
});

describe("configuration", () => {
  it.each<[string, object, RegExp]>([
    ["a route to a channel that is not there", { routes: [{ channels: ["slak"] }] }, /routes\[0\]\.channels/],
    ["two channels of one name", { channels: [collectingChannel(), collectingChannel()] }, /different names/],
    ["two rules of one name", { rules: [slowRuns, slowRuns] }, /rules\[1\]\.name/],
  ])("refuses %s", (_what, change, message) => {
    const { telemetry } = recordedMinutes();
    const options = { rules: [slowRuns] as Rule[], readings: telemetry.windows, channels: [collectingChannel()] };
    expect(() => createAlerting({ ...options, ...change })).toThrow(message);
  });
});

/** The store, as it is on a full disk: it reads, and refuses to write. */
function unwritable(store: Store, isFull: () => boolean = () => true): Store {
  const refuse = (): void => {
    if (isFull()) throw new Error("database or disk is full");
  };
  const { database } = store;
  return {
    ...store,
    database: {
      ...database,
      run(sql, ...values) {
        refuse();
        return database.run(sql, ...values);
      },
      all(sql, ...values) {
        if (/^\s*(UPDATE|INSERT)/.test(sql)) refuse();
        return database.all(sql, ...values);
      },
      transaction(work) {
        refuse();
        return database.transaction(work);
      },
    },
  };
}
