import type { StoredTrace, TraceReader, TraceSummary } from "@flyball/telemetry";
import { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { type ExitCode, exitCode } from "../exit.ts";
import { configOption, jsonOption, wholeNumber } from "../options.ts";
import type { Terminal } from "../terminal.ts";

interface TraceFlags {
  readonly list?: boolean;
  readonly slowest?: boolean;
  readonly failed?: boolean;
  readonly limit: number;
  readonly config?: string;
  readonly json?: boolean;
}

/** `flyball trace`: where the time of one run went. */
export function traceCommand({ terminal, finish }: CommandContext): Command {
  return new Command("trace")
    .description("draw a kept trace as a waterfall; errors, slow ones and a share of the rest are kept")
    .argument("[id]", "run or trace id, or its beginning (default: the last run)")
    .option("--slowest", "the slowest instead of the last")
    .option("--failed", "the last that failed")
    .option("--list", "list traces instead of drawing one")
    .option("--limit <n>", "with --list: at most n", wholeNumber(1, 1000), 20)
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (id: string | undefined, flags: TraceFlags) => finish(await trace(id, flags, terminal)));
}

async function trace(id: string | undefined, flags: TraceFlags, terminal: Terminal): Promise<ExitCode> {
  const { withRecords } = await import("../with-records.ts");
  return withRecords(flags.config, terminal, async ({ traces }) => {
    const order = flags.failed ? "failed" : flags.slowest ? "slowest" : "latest";
    if (flags.list) return list(traces.list({ order, limit: flags.limit }), flags, terminal);
    const found = id === undefined ? first(traces, order) : traces.find(id);
    if (!found) {
      terminal.err(
        id === undefined ? "No such trace is kept." : `No trace of ${id} is kept: ordinary ones are sampled.`,
      );
      return exitCode.failure;
    }
    if (flags.json) terminal.json(found);
    else await draw(found, terminal);
    return exitCode.ok;
  });
}

/** Runs first: what else is recorded, a health check's request say, is rarely what is looked for. */
function first(traces: TraceReader, order: "latest" | "slowest" | "failed"): StoredTrace | undefined {
  const [summary] = [...traces.list({ order, kind: "run", limit: 1 }), ...traces.list({ order, limit: 1 })];
  return summary && traces.find(summary.traceId);
}

async function list(summaries: readonly TraceSummary[], flags: TraceFlags, terminal: Terminal): Promise<ExitCode> {
  if (flags.json) {
    terminal.json(summaries);
    return exitCode.ok;
  }
  const [{ table }, { dollars, duration }] = await Promise.all([
    import("../format/table.ts"),
    import("../format/quantity.ts"),
  ]);
  const rows = summaries.map((one) => [
    new Date(one.startedAt).toISOString().slice(0, 19).replace("T", " "),
    one.runId ?? one.traceId.slice(0, 16),
    one.kind === "run" ? one.name : `${one.kind} ${one.name}`,
    one.status,
    duration(one.durationMs),
    one.costUsd === undefined ? "" : dollars(one.costUsd),
    String(one.spans),
    one.keptBecause,
  ]);
  const columns = ["started (UTC)", "id", "what", "status", "took", "cost", "spans", "kept because"];
  const right = new Set(["took", "cost", "spans"]);
  terminal.out(
    table(
      columns.map((heading) => ({ heading, align: right.has(heading) ? "right" : "left" })),
      rows,
    ),
  );
  return exitCode.ok;
}

async function draw(found: StoredTrace, terminal: Terminal): Promise<void> {
  const [{ waterfall }, { dollars, duration }] = await Promise.all([
    import("../format/waterfall.ts"),
    import("../format/quantity.ts"),
  ]);
  const colours = {
    error: "red",
    timeout: "red",
    cancelled: "yellow",
    suspended: "yellow",
    skipped: "dim",
    ok: "cyan",
  } as const;
  for (const part of found.parts) {
    const cost = part.costUsd === undefined ? "" : `  ${dollars(part.costUsd)}`;
    const missing = part.droppedSpans > 0 ? `  ${part.droppedSpans} spans are missing` : "";
    terminal.out(
      `${terminal.style("bold", part.name)}  ${part.status}  ${duration(part.durationMs)}${cost}  ${new Date(part.startedAt).toISOString()}  kept: ${part.keptBecause}${missing}`,
    );
  }
  terminal.out(terminal.style("dim", `run ${found.runId ?? "–"}  trace ${found.traceId}`));
  terminal.out(`\n${waterfall(found.spans, terminal.width, (status, text) => terminal.style(colours[status], text))}`);
  const failed = found.spans.filter((span) => span.errorMessage !== undefined);
  if (failed.length > 0) terminal.out("");
  for (const span of failed) terminal.out(terminal.style("red", `${span.name}: ${span.errorMessage}`));
}
