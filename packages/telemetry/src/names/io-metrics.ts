import { counter, type MetricDefinition } from "./metric.ts";

/** Disk and network, by OpenTelemetry's conventions for processes and systems. */
export const ioMetrics: Readonly<Record<"processDisk" | "systemNetwork", MetricDefinition>> = {
  processDisk: counter(
    "process.disk.io",
    "process_disk_io_bytes_total",
    "Bytes that this process read from and wrote to disks, by direction.",
    "By",
  ),
  systemNetwork: counter(
    "system.network.io",
    "system_network_io_bytes_total",
    "Bytes that this machine or container received and sent, by interface and direction.",
    "By",
  ),
};

export const ioAttribute = {
  diskDirection: "disk.io.direction",
  networkDirection: "network.io.direction",
  networkInterface: "network.interface.name",
} as const;
