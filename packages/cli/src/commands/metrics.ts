import type { WindowReader } from "@flyball/telemetry";
import { Command, Option } from "commander";
import type { CommandContext } from "../context.ts";
import { type ExitCode, exitCode } from "../exit.ts";
import { configOption, jsonOption, minutes } from "../options.ts";
import type { Terminal } from "../terminal.ts";

interface MetricsFlags {
  readonly since: number;
  readonly by: "operation" | "priority" | "model";
  readonly config?: string;
  readonly json?: boolean;
}

/** `flyball metrics`: what was slow and what did it cost. */
export function metricsCommand({ terminal, finish }: CommandContext): Command {
  return new Command("metrics")
    .description("what was slow and what did it cost; reads the store, beside a running service too")
    .option("--since <time>", "how far back: 1m to 1440m, also 2h or 1d", minutes, 15)
    .addOption(
      new Option("--by <what>", "a row for each").choices(["operation", "priority", "model"]).default("operation"),
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (flags: MetricsFlags) => finish(await metrics(flags, terminal)));
}

async function metrics(flags: MetricsFlags, terminal: Terminal): Promise<ExitCode> {
  const [{ withRecords }, { metricRows }] = await Promise.all([
    import("../with-records.ts"),
    import("../metric-rows.ts"),
  ]);
  return withRecords(flags.config, terminal, async ({ windows }) => {
    const rows = metricRows(windows, flags.by, flags.since);
    const total = totalOf(windows, flags.since);
    if (flags.json) terminal.json({ sinceMinutes: flags.since, by: flags.by, rows, total });
    else await print(rows, total, flags, terminal);
    return exitCode.ok;
  });
}

interface Total {
  readonly usd: number;
  readonly unpriced: number;
  readonly avoidedUsd: number;
}

function totalOf(windows: WindowReader, lastMinutes: number): Total {
  const { cost, avoided } = windows.read({ lastMinutes });
  return { usd: cost.usd, unpriced: cost.unpriced, avoidedUsd: avoided.usd };
}

async function print(
  rows: ReturnType<typeof import("../metric-rows.ts").metricRows>,
  total: Total,
  flags: MetricsFlags,
  terminal: Terminal,
): Promise<void> {
  const [{ table }, { count, dollars, duration, spent }] = await Promise.all([
    import("../format/table.ts"),
    import("../format/quantity.ts"),
  ]);
  if (rows.length === 0) {
    terminal.out(`Nothing ended in the last ${flags.since} minutes.`);
    return;
  }
  const columns = [flags.by, "count", "errors", "p50", "p95", "p99", "tokens in", "tokens out", "cost", "avoided"];
  terminal.out(
    table(
      columns.map((heading, index) => ({ heading, align: index === 0 ? "left" : "right" })),
      rows.map((row) => [
        row.name,
        count(row.count),
        count(row.errors),
        ...[row.p50Ms, row.p95Ms, row.p99Ms].map((ms) => (ms === undefined ? "" : duration(ms))),
        count(row.inputTokens),
        count(row.outputTokens),
        spent(row.usd, row.unpriced),
        row.avoidedUsd > 0 ? dollars(row.avoidedUsd) : "",
      ]),
    ),
  );
  const unpriced = total.unpriced > 0 ? `, and ${total.unpriced} calls whose price is not known` : "";
  const avoided = total.avoidedUsd > 0 ? `; ${dollars(total.avoidedUsd)} avoided by caches` : "";
  terminal.out(`\nspent in the last ${flags.since} minutes: ${dollars(total.usd)}${unpriced}${avoided}`);
}
