import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSeriesMeter, meterSource } from "@flyball/telemetry";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { observeIo } from "../src/io-metrics.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flyball-io-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function observed(disk: string, network: string): Promise<Record<string, number>> {
  const meter = createSeriesMeter();
  observeIo(meter, { disk, network });
  const { families, failures } = await meterSource(meter).collect();
  expect(failures).toBe(0);
  return Object.fromEntries(families.flatMap((family) => family.samples.map(({ series, value }) => [series, value])));
}

describe("disk and network I/O", () => {
  it("is read from what Linux tells", async () => {
    const disk = join(folder, "io");
    const network = join(folder, "dev");
    writeFileSync(
      disk,
      "rchar: 9\nwchar: 9\nsyscr: 9\nsyscw: 9\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 1\n",
    );
    writeFileSync(
      network,
      [
        "Inter-|   Receive                                                |  Transmit",
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed",
        "    lo:     999       1    0    0    0     0          0         0      999       1    0    0    0     0       0          0",
        "  eth0: 1234567       8    0    0    0     0          0         0   765432      12    0    0    0     0       0          0",
      ].join("\n"),
    );
    const interfaceOf = 'network_interface_name="eth0",network_io_direction';
    expect(await observed(disk, network)).toEqual({
      'process_disk_io_bytes_total{disk_io_direction="read"}': 4096,
      'process_disk_io_bytes_total{disk_io_direction="write"}': 8192,
      [`system_network_io_bytes_total{${interfaceOf}="receive"}`]: 1_234_567,
      [`system_network_io_bytes_total{${interfaceOf}="transmit"}`]: 765_432,
    });
  });

  it("has no series, and no failure, where the system does not tell", async () => {
    expect(await observed(join(folder, "none"), join(folder, "none"))).toEqual({});
  });

  it.runIf(existsSync("/proc/self/io"))("is there on this machine", async () => {
    const meter = createSeriesMeter();
    observeIo(meter);
    const { families } = await meterSource(meter).collect();
    expect(families.map((family) => family.name)).toContain("process_disk_io_bytes_total");
  });
});
