import type { Clock, FailureLog } from "@flyball/core";
import type { Alert } from "../alert.ts";
import type { AlertingOptions } from "../alerting-options.ts";
import type { Channel } from "../channels/types.ts";
import type { Conditions } from "../conditions.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Ledger } from "./ledger.ts";
import type { Outbox } from "./outbox.ts";
import { createSender, type Sender } from "./sender.ts";

export interface DeliverySetup {
  readonly options: AlertingOptions;
  readonly outbox: Outbox;
  readonly ledger: Ledger;
  readonly dispatcher: Dispatcher;
  readonly conditions: Conditions;
  readonly clock: Clock;
  readonly failures: FailureLog;
}

/** The senders of all channels, which know when one of them fails. */
export function createSenders({
  options,
  outbox,
  ledger,
  dispatcher,
  conditions,
  clock,
  failures,
}: DeliverySetup): Sender[] {
  const failing = (channel: Channel) => ({ channel: channel.name });
  return options.channels.map((channel) =>
    createSender({
      channel,
      outbox,
      ledger,
      clock,
      failures,
      ...(options.retry === undefined ? {} : { retry: options.retry }),
      onDelivered: async (entries) => {
        conditions.clear("alerting-delivery-failing", failing(channel));
        await dispatcher.delivered(entries, clock.now());
      },
      onDead: (entries, error) => {
        const condition = {
          name: "alerting-delivery-failing",
          severity: "warning",
          summary: `Notices cannot be delivered through ${channel.name}.`,
          text: `${entries.length} given up: ${error.message}`,
          labels: failing(channel),
        } as const;
        conditions.set(condition, clock.now());
      },
    }),
  );
}

/** Says once in a while that alerting works, in every channel that is asked for. */
export function tellWatchdog(options: AlertingOptions, outbox: Outbox, firing: readonly Alert[], now: number): void {
  const { watchdog, channels, rules } = options;
  if (!watchdog) return;
  const everyMs = (watchdog.every ?? 1_440) * 60_000;
  const id = `watchdog/${everyMs}/${Math.floor(now / everyMs)}`;
  const { dead, waiting } = outbox.counts();
  const text = `${rules.length} rules are evaluated; ${firing.length} alerts fire; ${waiting} notices wait, ${dead} were given up.`;
  for (const channel of watchdog.channels ?? channels.map(({ name }) => name)) {
    outbox.add({ id, channel, bundle: "", news: { kind: "watchdog", text } }, now);
  }
}
