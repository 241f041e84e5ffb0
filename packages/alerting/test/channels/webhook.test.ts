import { fakeClock } from "@flyball/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { alertmanagerNames, startAlertmanager } from "../../../../test/services/alertmanager.ts";
import { available, findExecutable } from "../../../../test/services/executable.ts";
import { retryAfter } from "../../src/channels/post.ts";
import { alertmanagerChannel, signatureHeader, verifySignature, webhookChannel } from "../../src/index.ts";
import { firing, resolved } from "../support/notices.ts";
import { startReceiver } from "../support/receiver.ts";

const secret = "0123456789abcdef0123456789abcdef";
const never = new AbortController().signal;

describe("a webhook", () => {
  it("is signed: by whom, what and when", async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const clock = fakeClock();
    await webhookChannel({ url: receiver.url, secret, clock }).send(firing, never);
    const [{ headers, body }] = receiver.requests as [(typeof receiver.requests)[number]];
    const header = String(headers[signatureHeader]);
    expect(verifySignature(secret, header, body, clock.now())).toBe(true);
    expect(verifySignature("another secret that is long", header, body, clock.now())).toBe(false);
    expect(verifySignature(secret, header, body.replace("slow", "fast"), clock.now())).toBe(false);
    expect(verifySignature(secret, header, body, clock.now() + 301_000)).toBe(false);
    expect(verifySignature(secret, header.replace(/t=\d+/, "t=1"), body, 1_000)).toBe(false);
    expect(verifySignature(secret, "nonsense", body, clock.now())).toBe(false);
  });

  it("has the same idempotency key at every try, and no signature without a secret", async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const channel = webhookChannel({ url: receiver.url, headers: { authorization: "Bearer token" } });
    await channel.send(firing, never);
    await channel.send({ ...firing, possibleRepeat: true }, never);
    expect(receiver.requests.map(({ headers }) => headers["idempotency-key"])).toEqual([firing.id, firing.id]);
    expect(receiver.requests[0]?.headers).toMatchObject({ authorization: "Bearer token" });
    expect(receiver.requests[0]?.headers[signatureHeader]).toBeUndefined();
  });

  it("is not followed to another place: a redirect would hand over the signature", async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    receiver.answers.push({ status: 302, headers: { location: `${receiver.url}/elsewhere` } });
    await expect(webhookChannel({ url: receiver.url }).send(firing, never)).rejects.toMatchObject({
      code: "delivery_failed",
    });
    expect(receiver.requests).toHaveLength(1);
  });

  it("is refused with a secret that is none", () => {
    expect(() => webhookChannel({ url: "https://example.org", secret: "short" })).toThrow(/at least 16/);
  });

  it.each([
    ["120", 120_000],
    ["0", 0],
    ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
    ["Thu, 01 Jan 2025 00:00:00 GMT", 0],
    ["soon", undefined],
    ["", undefined],
    [null, undefined],
  ])("understands Retry-After: %s", (header, expected) => {
    expect(retryAfter(header, Date.UTC(2026, 0, 1))).toBe(expected);
  });
});

const isThere = alertmanagerNames.some((name) => findExecutable(name)) || available("alertmanager");
describe.skipIf(!isThere)("Alertmanager", () => {
  it("takes an alert, notifies of it by itself, and of its end", { timeout: 20_000 }, async () => {
    const notified = await startReceiver();
    const service = await startAlertmanager({ webhook: notified.url });
    onTestFinished(async () => {
      await service.stop();
      await notified.close();
    });
    const now = Date.now();
    const at = (notice: typeof firing) => ({
      ...notice,
      alerts: notice.alerts.map((one) => ({ ...one, firedAt: now - 60_000, ...(one.endedAt ? { endedAt: now } : {}) })),
    });
    const channel = alertmanagerChannel({ url: `${service.url}/`, labels: { environment: "test" } });
    await channel.send(at(firing), never);
    const [alert] = await service.alerts();
    expect(alert).toMatchObject({
      labels: { alertname: "run-latency", severity: "critical", workflow: "fir", environment: "test" },
      annotations: { summary: "Runs are slow.", trace_url: expect.stringContaining("traces.example") },
    });
    expect(Date.parse(alert?.endsAt ?? "")).toBeGreaterThan(now + 23 * 3_600_000);
    await until(() => notified.requests.some(({ body }) => body.includes('"status":"firing"')));
    await channel.send(at(resolved), never);
    await until(() => notified.requests.some(({ body }) => body.includes('"status":"resolved"')));
    expect(await service.alerts()).toEqual([]);
  });
});

async function until(ask: () => boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!ask()) {
    if (Date.now() > end) throw new Error(`still not so: ${ask}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
