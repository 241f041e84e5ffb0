import type { Clock } from "@flyball/core";

const patienceMs = 2_000;

/** Does synchronous work again while another process holds the database's lock, without blocking in between. */
export async function patiently<T>(clock: Clock, work: () => T): Promise<T> {
  const until = clock.monotonic() + patienceMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if ((error as { code?: unknown }).code !== "storage_busy" || clock.monotonic() >= until) throw error;
    }
    await clock.sleep(5 + Math.random() * 15);
  }
}
