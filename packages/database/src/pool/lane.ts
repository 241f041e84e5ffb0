import type { Clock } from "@flyball/core";
import { DatabaseError } from "../errors.ts";
import { type Call, unlessLeft } from "./call.ts";
import type { Connection, Driver } from "./driver.ts";
import { createSlots } from "./slots.ts";

/** A driver's connections behind a bounded number of places. */
export interface Lane {
  readonly driver: Driver;
  readonly most: number;
  readonly inUse: number;
  readonly waiting: number;
  readonly refused: number;
  readonly interrupted: number;
  /**
   * Runs `work` on a connection. A caller who leaves is rejected at once; the place stays taken until the connection
   * is usable again or gone, so that giving up never adds load.
   */
  use<T>(call: Call, work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Resolves when nothing is under way, at the latest after `timeoutMs`, and the connections are being closed. */
  close(timeoutMs: number): Promise<void>;
}

export interface LaneSetup {
  readonly driver: Driver;
  readonly name: string;
  readonly most: number;
  readonly queueMost: number;
  readonly acquireTimeoutMs: number;
  readonly clock: Clock;
}

export function createLane({ driver, name, most, queueMost, acquireTimeoutMs, clock }: LaneSetup): Lane {
  const slots = createSlots(most, queueMost);
  let refused = 0;
  let interruptions = 0;
  let closed = false;
  let onDrained: (() => void) | undefined;

  function refuse(why: string): DatabaseError {
    refused++;
    return new DatabaseError("database_overloaded", `No connection to ${name}: ${why}`, { subject: name });
  }

  function place(call: Call): Promise<void> | undefined {
    if (slots.tryTake()) return undefined;
    return new Promise((resolve, reject) => {
      const leaveLine = slots.enqueue(() => {
        timer.cancel();
        takeBack();
        resolve();
      });
      if (!leaveLine) return reject(refuse(`all ${most} are in use and ${queueMost} callers wait already`));
      const timer = clock.after(acquireTimeoutMs, () => {
        leaveLine();
        takeBack();
        reject(refuse(`none of ${most} became free within ${acquireTimeoutMs} ms`));
      });
      const takeBack = call.onLeave((why) => {
        leaveLine();
        timer.cancel();
        reject(why);
      });
    });
  }

  function giveBack(): void {
    slots.free();
    if (slots.inUse === 0) onDrained?.();
  }

  async function onConnection<T>(call: Call, work: (connection: Connection) => Promise<T>): Promise<T> {
    const waiting = place(call);
    if (waiting) await waiting;
    try {
      return await using(call, await driver.connect(), work);
    } finally {
      giveBack();
    }
  }

  async function using<T>(
    call: Call,
    connection: Connection,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    let interrupted = false;
    const takeBack = call.left
      ? undefined
      : call.onLeave(() => {
          interrupted = true;
          interruptions++;
          connection.interrupt();
        });
    try {
      if (call.left) {
        // It left while the connection was made.
        interruptions++;
        throw call.left;
      }
      return await work(connection);
    } finally {
      takeBack?.();
      const releasing = driver.release(connection, interrupted);
      if (releasing) await releasing;
    }
  }

  return {
    driver,
    most,
    get inUse() {
      return slots.inUse;
    },
    get waiting() {
      return slots.waiting;
    },
    get refused() {
      return refused;
    },
    get interrupted() {
      return interruptions;
    },
    use(call, work) {
      if (closed) {
        return Promise.reject(new DatabaseError("database_closed", `The pool ${name} is closed`, { subject: name }));
      }
      if (call.left) return Promise.reject(call.left);
      return unlessLeft(call, onConnection(call, work));
    },
    async close(timeoutMs) {
      closed = true;
      if (slots.inUse > 0) {
        await new Promise<void>((resolve) => {
          const timer = clock.after(timeoutMs, resolve);
          onDrained = () => {
            timer.cancel();
            resolve();
          };
        });
      }
      await driver.close();
    },
  };
}
