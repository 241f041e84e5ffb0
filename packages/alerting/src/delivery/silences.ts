import { randomUUID } from "node:crypto";
import { type Clock, ConfigurationError, type FailureLog } from "@flyball/core";
import type { Coordinator, Database } from "@flyball/storage";
import type { Alert } from "../alert.ts";
import { type Silence, silences } from "./silence.ts";

export type NewSilence = Omit<Silence, "id" | "startsAt"> & {
  /** Milliseconds since the epoch. Default: now. */
  readonly startsAt?: number;
};

/** The silences of this store, told to replicas that have stores of their own. */
export interface Silences {
  add(silence: NewSilence): Promise<Silence>;
  /** Ends it now. False when there is none of that id. */
  end(id: string): Promise<boolean>;
  /** Those that are not over. */
  list(): Silence[];
  covers(alert: Alert, now: number): boolean;
  /** Listens to the other replicas. Returns how to stop. */
  listen(): Promise<() => Promise<void>>;
}

export interface SilencesOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly failures: FailureLog;
  readonly coordinator?: Coordinator;
}

const channel = "alerting/silences";

export function createSilences({ database, clock, failures, coordinator }: SilencesOptions): Silences {
  function store(silence: Silence): void {
    const write = `INSERT INTO alerting_silences (id, silence, ends_at) VALUES (?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET silence = excluded.silence, ends_at = excluded.ends_at`;
    database.run(write, silence.id, JSON.stringify(silence), silence.endsAt);
  }

  async function publish(silence: Silence): Promise<void> {
    store(silence);
    try {
      await coordinator?.publish(channel, JSON.stringify(silence));
    } catch (error) {
      failures.report("alert silences", error);
    }
  }

  function list(): Silence[] {
    const rows = "SELECT silence FROM alerting_silences WHERE ends_at > ? ORDER BY ends_at";
    return database.all<{ silence: string }>(rows, clock.now()).map(({ silence }) => JSON.parse(silence) as Silence);
  }

  return {
    list,
    async add(given) {
      const silence: Silence = { ...given, id: randomUUID().slice(0, 8), startsAt: given.startsAt ?? clock.now() };
      if (!(silence.endsAt > silence.startsAt)) {
        throw new ConfigurationError("silence.endsAt", silence.endsAt, "a time after its start");
      }
      await publish(silence);
      return silence;
    },
    async end(id) {
      const found = list().find((silence) => silence.id === id);
      if (found) await publish({ ...found, startsAt: Math.min(found.startsAt, clock.now()), endsAt: clock.now() });
      return found !== undefined;
    },
    covers(alert, now) {
      try {
        return list().some((silence) => silences(silence, alert, now));
      } catch (error) {
        // An alert too many is better than one too few.
        failures.report("alert silences", error);
        return false;
      }
    },
    async listen() {
      const stop = await coordinator?.subscribe(channel, (message) => {
        try {
          store(JSON.parse(message) as Silence);
        } catch (error) {
          failures.report("alert silences", error);
        }
      });
      return stop ?? (async () => {});
    },
  };
}
