import { readFile } from "node:fs/promises";
import { ioAttribute, ioMetrics } from "@flyball/telemetry";
import type { Meter, ObservableResult } from "@opentelemetry/api";

/** What Linux tells of disks and networks; prom-client has neither. */
export interface ProcFiles {
  /** Default `/proc/self/io`. */
  readonly disk: string;
  /** Default `/proc/net/dev`. */
  readonly network: string;
}

const linux: ProcFiles = { disk: "/proc/self/io", network: "/proc/net/dev" };

/** Observes disk and network I/O where the system tells of it. Elsewhere there are no such series. */
export function observeIo(meter: Meter, files: ProcFiles = linux): void {
  const { processDisk, systemNetwork } = ioMetrics;
  meter
    .createObservableCounter(processDisk.name, { description: processDisk.description, unit: processDisk.unit })
    .addCallback(async (result) => observeDisk(result, await textOf(files.disk)));
  meter
    .createObservableCounter(systemNetwork.name, { description: systemNetwork.description, unit: systemNetwork.unit })
    .addCallback(async (result) => observeNetwork(result, await textOf(files.network)));
}

/** Not every system has these files, and not every container may read them: that is no failure of a scrape. */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return "";
  }
}

/** Lines such as `read_bytes: 4096`. */
function observeDisk(result: ObservableResult, text: string): void {
  for (const [, direction, bytes] of text.matchAll(/^(read|write)_bytes: (\d+)$/gm)) {
    result.observe(Number(bytes), { [ioAttribute.diskDirection]: direction });
  }
}

/** Lines such as `eth0: 1234 0 0 0 0 0 0 0 567 …`: bytes received first, bytes sent ninth. */
function observeNetwork(result: ObservableResult, text: string): void {
  for (const [, name, numbers = ""] of text.matchAll(/^\s*([^\s:]+):\s*(\d[\d ]*)$/gm)) {
    if (name === "lo") continue;
    const fields = numbers.trim().split(/ +/);
    const observe = (direction: string, bytes: string | undefined): void =>
      result.observe(Number(bytes ?? 0), {
        [ioAttribute.networkInterface]: name,
        [ioAttribute.networkDirection]: direction,
      });
    observe("receive", fields[0]);
    observe("transmit", fields[8]);
  }
}
