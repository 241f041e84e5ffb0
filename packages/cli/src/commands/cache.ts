import { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { configOption, jsonOption, minutes } from "../options.ts";

/** `flyball cache`: what caches did, and what would serve them better. Both read the store, beside a running service. */
export function cacheCommand({ terminal, finish }: CommandContext): Command {
  const cache = new Command("cache").description("what the caches did, and what other sizes and times would give");
  cache
    .command("stats")
    .description("by level: hits, misses, errors, latency, bytes, evictions, and the time and money saved")
    .option("--since <time>", "how far back: 1m to 1440m, also 2h or 1d", minutes, 15)
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (flags) => finish(await (await import("../cache-stats.ts")).cacheStats(flags, terminal)));
  cache
    .command("advise")
    .description("what more memory or longer times to live would give, by what the services measured")
    .option("--since <time>", "services that wrote it down so recently", minutes, 1440)
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (flags) => finish(await (await import("../cache-advise.ts")).cacheAdvise(flags, terminal)));
  return cache;
}
