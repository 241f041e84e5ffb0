import type { Flyball, HttpServer, Pipeline } from "@flyball/sdk";
import { Command, Option } from "commander";
import { closePipeline } from "../close-pipeline.ts";
import type { CommandContext } from "../context.ts";
import { exitCode } from "../exit.ts";
import { collect, configOption, jsonOption, wholeNumber } from "../options.ts";
import type { Tally } from "../run-items.ts";
import type { Terminal } from "../terminal.ts";

interface StartFlags {
  readonly once?: boolean;
  readonly limit: number;
  readonly concurrency: number;
  readonly port?: number;
  readonly set?: readonly string[];
  readonly approve: "auto" | "terminal";
  readonly config?: string;
  readonly json?: boolean;
}

/** `flyball start`: runs a pipeline over its inputs, says what it took, and stays up to be scraped. */
export function startCommand({ terminal, finish }: CommandContext): Command {
  return new Command("start")
    .description("run a pipeline over its inputs, print time and cost per step, and serve /metrics and /health")
    .argument("[pipeline]", "module or folder that exports `pipeline`", ".")
    .option("--once", "end when the inputs are done, with status 1 if a run did not complete")
    .option("--limit <n>", "run at most n inputs", wholeNumber(1), Number.POSITIVE_INFINITY)
    .option("--concurrency <n>", "runs at once", wholeNumber(1, 10_000), 1)
    .option(
      "--port <port>",
      "port of /metrics and /health (default: http.port, else 9464 or a free one)",
      wholeNumber(0, 65_535),
    )
    .option("--set <key=value>", "set an option of the pipeline; may be repeated", collect)
    .addOption(new Option("--approve <how>", "who answers approvals").choices(["auto", "terminal"]).default("auto"))
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (argument: string, flags: StartFlags) => finish(await startPipeline(argument, flags, terminal)));
}

async function startPipeline(argument: string, flags: StartFlags, terminal: Terminal): Promise<number> {
  // Loaded here, so that `flyball --help` does not pay for what it does not use.
  const [{ start, pipelineOptions }, { loadPipeline }, { listenForInterrupt }] = await Promise.all([
    import("@flyball/sdk"),
    import("../load-pipeline.ts"),
    import("../interrupt.ts"),
  ]);
  const pipeline = await loadPipeline(argument);
  const values = pipelineOptions(pipeline.options, flags.set ?? []);
  const flyball = await start({ configFile: flags.config, listen: false, registerGlobals: true });

  const interrupt = listenForInterrupt();
  try {
    const server = await listen(flyball, flags.port);
    const { signal } = interrupt;
    const tally = await runAll({ pipeline, values, flyball, flags, terminal, signal, server });
    if (interrupt.status !== undefined) return interrupt.status;
    if (!flags.once) {
      if (!flags.json) terminal.err(terminal.style("dim", "Serving until Ctrl-C"));
      await interrupt.wait();
    }
    return tally.notCompleted === 0 ? exitCode.ok : exitCode.failure;
  } finally {
    await flyball.shutdown();
    interrupt.release();
  }
}

const flushMs = 5000;

/** A port that was asked for must be had; the usual one may be taken by another Flyball. */
async function listen(flyball: Flyball, port: number | undefined): Promise<HttpServer> {
  const asked = port ?? flyball.configuration.http.port;
  if (asked !== undefined) return flyball.listen({ port: asked });
  return flyball.listen({ port: 9464 }).catch(() => flyball.listen({ port: 0 }));
}

interface Session {
  readonly pipeline: Pipeline;
  readonly values: Record<string, unknown>;
  readonly flyball: Flyball;
  readonly flags: StartFlags;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly server: HttpServer;
}

async function runAll({ pipeline, values, flyball, flags, terminal, signal, server }: Session): Promise<Tally> {
  const [{ runItems }, { createProgress }, { createApprover }, { stepTally }, { report }] = await Promise.all([
    import("../run-items.ts"),
    import("../progress/create.ts"),
    import("../approvals.ts"),
    import("../step-tally.ts"),
    import("../report.ts"),
  ]);
  const steps = stepTally();
  const forget = flyball.telemetry.subscribe((outcome) => steps.add(outcome));
  // A service stores a minute when it is over; a person at another terminal asks earlier.
  const early = setInterval(() => void flyball.telemetry.flush(flushMs).catch(() => {}), flushMs).unref();
  const ready = await pipeline.setup(flyball, values);
  const progress = createProgress(terminal, flags.json === true);
  try {
    const approve = createApprover(flags.approve, ready, terminal, progress, signal);
    const { limit, concurrency } = flags;
    const tally = await runItems({ flyball, pipeline: ready, limit, concurrency, signal, progress, approve });
    progress.close();
    // What was recorded is on disk before it says where to look.
    await flyball.telemetry.flush(flushMs).catch(() => {});
    await report({ pipeline, ready, tally, steps: steps.totals(), server, terminal, json: flags.json === true });
    return tally;
  } finally {
    progress.close();
    clearInterval(early);
    forget();
    await closePipeline(ready, flyball);
  }
}
