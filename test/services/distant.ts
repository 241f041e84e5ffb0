import { type AddressInfo, connect, createServer } from "node:net";

/** A port that leads to another one, as far away as is wanted. */
export interface Distant {
  readonly port: number;
  stop(): Promise<void>;
}

/** Everything sent through it arrives `oneWayMs` later, both ways, in order. */
export async function distant(targetPort: number, oneWayMs: number): Promise<Distant> {
  const server = createServer((near) => {
    const far = connect(targetPort, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true);
      // Timers of one length fire in the order in which they were set, so nothing overtakes.
      from.on("data", (bytes) => setTimeout(() => to.write(bytes), oneWayMs));
      from.on("close", () => setTimeout(() => to.destroy(), oneWayMs));
      from.on("error", () => from.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
