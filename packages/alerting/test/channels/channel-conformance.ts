import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Channel, DeliveryError } from "../../src/index.ts";
import { firing, oversized, resolved } from "../support/notices.ts";

/** What a receiver does wrong. */
export type Fault = "refuses later" | "refuses for good" | "breaks off" | "hangs" | "is not there";

export interface ChannelSubject {
  readonly channel: Channel;
  /** What the receiver got so far, as text in which one can search; undefined where nothing was sent on. */
  received(): Promise<readonly string[]>;
  /** Makes the next message meet a fault. Absent for receivers that cannot fail. */
  readonly fault?: (fault: Fault) => Promise<void> | void;
  /** What must never be in an error. */
  readonly secrets: readonly string[];
  stop(): Promise<void>;
}

export interface ChannelCase {
  start(): Promise<ChannelSubject>;
  /** What a receiver knows of the trace and the runbook. Default: their URLs. */
  readonly links?: readonly string[];
  /** Receivers that tell a notice that may be a repeat from others. Default true. */
  readonly saysRepeat?: boolean;
  /** Receivers that have a use for a notice without alerts. Default true. */
  readonly takesTexts?: boolean;
  /** The part of what was received in which `<` would mean something. Absent where nothing is interpreted. */
  readonly markup?: (received: string) => string;
}

const links = ["https://traces.example/4bf92f3577b34da6a3ce929d0e0e4736", "https://runbooks.example/run-latency"];

/** What every channel promises, whatever stands behind it. */
export function describeChannel(name: string, given: ChannelCase): void {
  describe(`${name} channel`, () => {
    let subject: ChannelSubject;
    const never = new AbortController().signal;
    const send = (notice = firing, signal = never): Promise<void> => subject.channel.send(notice, signal);
    const last = async (): Promise<string> => (await subject.received()).at(-1) ?? "";

    beforeAll(async () => {
      subject = await given.start();
    });
    afterAll(async () => {
      await subject.channel.close?.();
      await subject.stop();
    });

    it("says what is wrong, with its figures, the trace and the runbook", async () => {
      await send();
      const text = await last();
      for (const part of ["run-latency", "Runs are slow.", "41 s", "fir", ...(given.links ?? links)]) {
        expect(text).toContain(part);
      }
    });

    it("says that it is over", async () => {
      await send(resolved);
      expect(await last()).toMatch(/resolved|"endsAt"/i);
    });

    it.skipIf(given.saysRepeat === false)("says that a message may be a repeat", async () => {
      await send({ ...firing, possibleRepeat: true });
      expect(await last()).toMatch(/possible ?repeat/i);
    });

    it("sends what is too long or means something to the receiver, without harm", async () => {
      await send(oversized(subject.channel.maxAlerts ?? 20));
      const text = await last();
      expect(text).toContain("run-latency");
      if (given.markup) expect(given.markup(text)).not.toMatch(/<!channel>|<script>/);
    });

    it("sends a notice without alerts", async () => {
      const before = (await subject.received()).length;
      await send({ ...firing, kind: "watchdog", alerts: [], text: "All is well." });
      if (given.takesTexts === false) expect(await subject.received()).toHaveLength(before);
      else expect(await last()).toContain("All is well.");
    });

    const faults: readonly (readonly [Fault, boolean])[] = [
      ["refuses later", false],
      ["refuses for good", true],
      ["breaks off", false],
      ["is not there", false],
    ];
    it.each(faults)("says whether trying again can help when the receiver %s", async (fault, permanent) => {
      if (!subject.fault) return;
      await subject.fault(fault);
      const error = await send().then(
        () => undefined,
        (thrown) => thrown as DeliveryError,
      );
      expect(error).toBeInstanceOf(DeliveryError);
      expect(error?.permanent).toBe(permanent);
      const said = `${error?.message} ${error?.subject}`;
      for (const secret of subject.secrets) expect(said).not.toContain(secret);
    });

    it("ends in time when the receiver hangs", async () => {
      if (!subject.fault) return;
      await subject.fault("hangs");
      await expect(send(firing, AbortSignal.timeout(200))).rejects.toThrow();
    });

    it("works again afterwards", async () => {
      await send({ ...firing, id: "again" });
      expect(await last()).toContain("run-latency");
    });
  });
}
