import type { CacheSnapshot } from "@flyball/sdk";
import { type ExitCode, exitCode } from "./exit.ts";
import { bytes, count, percent } from "./format/quantity.ts";
import { table } from "./format/table.ts";
import type { Terminal } from "./terminal.ts";
import { withRecords } from "./with-records.ts";

interface CacheAdviseFlags {
  readonly since: number;
  readonly config?: string;
  readonly json?: boolean;
}

type Advice = NonNullable<CacheSnapshot["advice"]>;

/** What the process that knows most of a cache says of it. */
interface CacheAdvice extends Advice {
  readonly cache: string;
  /** When it was written, milliseconds since the epoch. */
  readonly at: number;
  /** Processes that use the cache; each has a memory of its own. */
  readonly processes: number;
}

/** `flyball cache advise`. */
export function cacheAdvise(flags: CacheAdviseFlags, terminal: Terminal): Promise<ExitCode> {
  return withRecords(flags.config, terminal, (records) => {
    const caches = adviceOf(records.caches(flags.since));
    if (flags.json) terminal.json({ caches });
    else if (caches.length === 0) {
      terminal.out("No cache has been followed yet. A service writes it down every minute, and when it ends.");
    } else terminal.out(caches.map(describe).join("\n\n"));
    return exitCode.ok;
  });
}

/** For each cache the word of the process that saw most of its look-ups. */
function adviceOf(snapshots: readonly CacheSnapshot[]): CacheAdvice[] {
  return [...Map.groupBy(snapshots, ({ cache }) => cache)].flatMap(([cache, all]) => {
    const [best] = all
      .flatMap(({ advice, at }) => (advice ? [{ ...advice, cache, at }] : []))
      .sort((a, b) => b.sampled - a.sampled || b.at - a.at);
    return best ? [{ ...best, processes: all.length }] : [];
  });
}

function describe({ cache, sampled, memory, ttl, suggestions, processes }: CacheAdvice): string {
  const rows = memory.map(({ factor, bytes: size }, index) => [
    `× ${factor}`,
    size === undefined ? "" : bytes(size),
    percent(memory[index]?.hitRatio),
    percent(ttl.find((forecast) => forecast.factor === factor)?.hitRatio),
  ]);
  const forecasts = table(
    [
      { heading: "factor" },
      { heading: "memory", align: "right" },
      { heading: "hits with that memory", align: "right" },
      { heading: "hits with times to live × factor", align: "right" },
    ],
    rows,
  );
  const among = processes > 1 ? `, the busiest of ${processes} processes` : "";
  const said = suggestions.length > 0 ? suggestions : ["Nothing that is worth changing shows in what was seen so far."];
  return `${cache}: ${count(sampled) || 0} look-ups followed${among}\n${forecasts}\n${said.join("\n")}`;
}
