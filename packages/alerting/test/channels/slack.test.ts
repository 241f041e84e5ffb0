import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { slackChannel, slackMessage } from "../../src/index.ts";
import { collectingChannel } from "../support/collecting-channel.ts";
import { live } from "../support/live.ts";
import { alert, firing, oversized, resolved } from "../support/notices.ts";
import { run, times } from "../support/readings.ts";
import { startReceiver } from "../support/receiver.ts";

const slow = times(10, run(41));

describe("a Slack message", () => {
  it("is readable on a phone: one line to begin with, then a fact a line", () => {
    const { text, blocks } = slackMessage(firing);
    expect(text).toBe("🔴 Firing (critical): run-latency [workflow=fir]");
    expect(blocks.map(({ type }) => type)).toEqual(["header", "section"]);
    expect(blocks[1]?.text?.text.split("\n")).toEqual([
      "*run-latency [workflow=fir]*",
      "Runs are slow.",
      "Measured: p95 of duration of run fir 41 s over 15 min (212 outcomes); alerts above 30 s",
      "Since: 2026-01-01 03:04 UTC",
      `Trace: <${alert.trace?.url}|slowest request, 47.3 s: ${alert.trace?.traceId}>`,
      "Runbook: <https://runbooks.example/run-latency|https://runbooks.example/run-latency>",
      "`0123456789abcdef`",
    ]);
    expect(slackMessage(resolved).text).toBe("🟢 Resolved: run-latency [workflow=fir]");
  });

  it("stays within Slack's limits whatever it holds, and says what it left out", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 4_000 }), (count, length) => {
        const notice = oversized(count);
        const alerts = notice.alerts.map((one) => ({ ...one, summary: one.summary.slice(0, length + 1), text: "x" }));
        const message = slackMessage({ ...notice, alerts });
        expect(message.blocks.length).toBeLessThanOrEqual(50);
        expect(message.blocks[0]?.text?.text.length).toBeLessThanOrEqual(150);
        let shown = 0;
        let characters = message.text.length;
        for (const block of message.blocks) {
          const size = (block.text?.text ?? "").length + (block.elements?.[0]?.text ?? "").length;
          expect(size).toBeLessThanOrEqual(3_000);
          characters += size;
          if (block.type === "section") shown++;
        }
        expect(characters).toBeLessThan(10_000);
        const left = message.blocks.at(-1)?.elements?.[0]?.text;
        if (shown < count) expect(left).toBe(`and ${count - shown} more alerts`);
        else expect(left).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it("is refused at the start when the URL is none, and the URL is not repeated", () => {
    expect(() => slackChannel({ url: "hooks.slack.com/services/T0/B0/secret" })).toThrow(
      expect.objectContaining({ code: "configuration_invalid", message: expect.not.stringContaining("secret") }),
    );
  });
});

describe("Slack's rate", () => {
  it("is kept: a message a second", async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const channel = { ...slackChannel({ url: receiver.url }), maxAlerts: 1 };
    const sentAt: number[] = [];
    const { step, clock } = live({
      channels: [
        {
          ...channel,
          send(notice, signal) {
            sentAt.push(clock.now());
            return channel.send(notice, signal);
          },
        },
      ],
      rules: ["a", "b", "c"].map((name) => ({
        type: "threshold",
        name,
        summary: "Slow.",
        measure: { metric: "duration", kind: "run" },
        above: 30,
        every: 1,
      })),
    });
    let done = false;
    const stepping = step(1, ...slow).finally(() => {
      done = true;
    });
    while (!done) await settle(clock.advance(1_000));
    await stepping;
    expect(sentAt).toHaveLength(3);
    expect(Math.min(...sentAt.slice(1).map((at, index) => at - (sentAt[index] as number)))).toBeGreaterThanOrEqual(
      1_000,
    );
  });

  it("429 is heeded: nothing is sent before Retry-After, and nothing is lost (complaint: lost after 429)", async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    receiver.answers.push({ status: 429, headers: { "retry-after": "90" } });
    const { step, clock, alerting } = live({ channels: [slackChannel({ url: receiver.url, paceMs: 0 })] });
    await step(1, ...slow);
    expect(receiver.requests).toHaveLength(1);
    expect(alerting.stats().outbox).toMatchObject({ waiting: 1, sent: 0 });
    await clock.advance(80_000);
    await alerting.delivered();
    expect(receiver.requests).toHaveLength(1);
    await clock.advance(11_000);
    await alerting.delivered();
    expect(receiver.requests).toHaveLength(2);
    expect(alerting.stats().outbox).toMatchObject({ waiting: 0, sent: 1 });
  });

  it.each([500, 503, "reset"] as const)("%s is tried again", async (answer) => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    receiver.answers.push(answer === "reset" ? "reset" : { status: answer });
    const { step, clock, alerting } = live({ channels: [slackChannel({ url: receiver.url, paceMs: 0 })] });
    await step(1, ...slow);
    await clock.advance(3_000);
    await alerting.delivered();
    expect(receiver.requests).toHaveLength(2);
    expect(alerting.stats().outbox).toMatchObject({ waiting: 0, sent: 1 });
  });

  it("a message that Slack will never take is a dead letter at once, which is itself an alert", async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    receiver.answers.push({ status: 404, body: "no_service" });
    const channel = collectingChannel();
    const both = live({ channels: [slackChannel({ url: receiver.url, paceMs: 0 }), channel] });
    await both.step(1, ...slow);
    expect(both.alerting.deadLetters()).toMatchObject([
      { channel: "slack", error: expect.stringContaining("404 no_service") },
    ]);
    await both.step(1, ...slow);
    expect(channel.told).toContain("firing alerting-delivery-failing");
    expect(both.alerting.revive()).toBe(1);
    await both.alerting.delivered();
    expect(both.alerting.deadLetters()).toEqual([]);
  });
});

/** Real sockets answer in real time. */
async function settle<T>(promise: Promise<T>): Promise<T> {
  const value = await promise;
  await new Promise((resolve) => setTimeout(resolve, 5));
  return value;
}
