import type { HttpServer, Pipeline, ReadyPipeline } from "@flyball/sdk";
import type { ItemResult, Tally } from "./run-items.ts";
import type { StepTotals } from "./step-tally.ts";
import { commandLine, stepTable } from "./summary.ts";
import type { Terminal } from "./terminal.ts";

export interface ReportParts {
  readonly pipeline: Pipeline;
  readonly ready: ReadyPipeline<unknown, unknown, unknown>;
  readonly tally: Tally;
  readonly steps: readonly StepTotals[];
  readonly server: HttpServer;
  readonly terminal: Terminal;
  readonly json: boolean;
}

/** What a command's runs came to: the table, the pipeline's own words, and where to look further. */
export async function report(parts: ReportParts): Promise<void> {
  const { pipeline, ready, tally, steps, server, terminal } = parts;
  const summary = await ready.summary?.();
  const urls = { metrics: `${server.url}/metrics`, health: `${server.url}/health` };
  if (parts.json) {
    const { completed, notCompleted, results } = tally;
    terminal.json({ pipeline: pipeline.name, completed, notCompleted, runs: results, steps, summary, urls });
    return;
  }
  const total = tally.completed + tally.notCompleted;
  terminal.out(`\n${terminal.style("bold", `${pipeline.name}: ${tally.completed} of ${total} runs completed`)}`);
  for (const failed of tally.results.filter((result) => result.status !== "completed").slice(0, 20)) {
    terminal.out(terminal.style("red", failure(failed)));
  }
  terminal.out(`\n${stepTable(steps)}\n`);
  if (summary !== undefined) terminal.out(`${summary}\n`);
  const last = tally.results.at(-1);
  if (last) terminal.out(`traces   ${commandLine(`trace ${last.runId}`)}`);
  terminal.out(`spent    ${commandLine("metrics")}`);
  terminal.out(`metrics  ${urls.metrics}`);
  terminal.out(`health   ${urls.health}`);
}

function failure({ item, status, error }: ItemResult): string {
  const where = error?.node === undefined ? "" : ` at ${error.node}`;
  return `  ${item}: ${status}${where}${error ? `: ${error.message}` : ""}`;
}
