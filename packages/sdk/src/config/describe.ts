import type { LoadedConfiguration } from "./load.ts";
import { printable } from "./mask.ts";
import { settings } from "./settings.ts";
import { valueAt } from "./value-at.ts";

/** One setting as it may be printed. */
export interface DescribedSetting {
  readonly path: string;
  /** Secrets are masked. */
  readonly value: unknown;
  /** `code`, `environment NAME`, `file PATH` or `default`. */
  readonly source: string;
}

/** The effective configuration, safe to print. */
export function describeConfiguration({ configuration, sources }: LoadedConfiguration): DescribedSetting[] {
  return [...settings().keys()].map((path) => ({
    path,
    value: printable(path, valueAt(configuration, path)),
    source: sources.get(path) ?? "default",
  }));
}
