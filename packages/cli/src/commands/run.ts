import type { Run, RunResult } from "@flyball/engine";
import type { Flyball, ReadyPipeline } from "@flyball/sdk";
import { Command } from "commander";
import { closePipeline } from "../close-pipeline.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";
import { type ExitCode, exitCode } from "../exit.ts";
import { collect, configOption, jsonOption } from "../options.ts";
import type { Terminal } from "../terminal.ts";

interface RunFlags {
  readonly input?: string;
  readonly resume?: string;
  readonly answer?: readonly string[];
  readonly set?: readonly string[];
  readonly session?: string;
  readonly unit?: string;
  readonly priority?: string;
  readonly config?: string;
  readonly json?: boolean;
}

type Result = RunResult<unknown, unknown>;

/** `flyball run`: one run of a pipeline, or the rest of one that waits. */
export function runCommand({ terminal, finish }: CommandContext): Command {
  return new Command("run")
    .description("run a pipeline once; a run that waits for an approval prints its id and ends with status 3")
    .argument("<pipeline>", "module or folder that exports `pipeline`")
    .option("--input <file|json|->", "the input: a file, JSON, or - for standard input")
    .option("--resume <run>", "go on with a run that waits or was left behind")
    .option(
      "--answer <path=answer>",
      "with --resume: yes, no, or @file with an edit or an approval; may be repeated",
      collect,
    )
    .option("--set <key=value>", "set an option of the pipeline; may be repeated", collect)
    .option("--unit <id>", "the user or session that rollouts stick to")
    .option("--session <id>", "the session")
    .option("--priority <word>", "the priority")
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (argument: string, flags: RunFlags) => finish(await runOnce(argument, flags, terminal)));
}

async function runOnce(argument: string, flags: RunFlags, terminal: Terminal): Promise<number> {
  if ((flags.input === undefined) === (flags.resume === undefined)) {
    throw new UsageError("expected one of --input, to start a run, and --resume, to go on with one", "--input");
  }
  const [sdk, { loadPipeline }, { listenForInterrupt }, { linesProgress }] = await Promise.all([
    import("@flyball/sdk"),
    import("../load-pipeline.ts"),
    import("../interrupt.ts"),
    import("../progress/lines.ts"),
  ]);
  const pipeline = await loadPipeline(argument);
  const values = sdk.pipelineOptions(pipeline.options, flags.set ?? []);
  const begin = await prepare(flags);
  const flyball = await sdk.start({ configFile: flags.config, listen: false, registerGlobals: true });

  const interrupt = listenForInterrupt();
  let ready: ReadyPipeline<unknown, unknown, unknown> | undefined;
  try {
    ready = await pipeline.setup(flyball, values);
    const run = begin(flyball, ready, interrupt.signal);
    const progress = linesProgress(terminal);
    for await (const event of run.events()) progress.event(pipeline.name, event);
    const result = await run.result;
    if (flags.json) terminal.json(jsonOf(result));
    else await print(result, ready, argument, terminal);
    return interrupt.status ?? statusOf(result);
  } finally {
    if (ready) await closePipeline(ready, flyball);
    await flyball.shutdown();
    interrupt.release();
  }
}

type Begin = (
  flyball: Flyball,
  pipeline: ReadyPipeline<unknown, unknown, unknown>,
  signal: AbortSignal,
) => Run<unknown, unknown>;

/** Reads what the command line names before anything is started, so that a slip costs nothing. */
async function prepare(flags: RunFlags): Promise<Begin> {
  const { resume, unit, session, priority } = flags;
  if (resume !== undefined) {
    const { parseAnswers } = await import("../answers.ts");
    const answers = parseAnswers(flags.answer ?? []);
    return (flyball, { workflow }, signal) => flyball.resume(workflow, resume, { answers, signal });
  }
  const { checkInput, readInput } = await import("../read-input.ts");
  const input = await readInput(flags.input ?? "");
  return (flyball, pipeline, signal) =>
    flyball.start(pipeline.workflow, checkInput(pipeline.input, input), {
      signal,
      ...(unit === undefined ? {} : { unit }),
      ...(session === undefined ? {} : { session }),
      ...(priority === undefined ? {} : { priority }),
    });
}

function statusOf({ status }: Result): ExitCode {
  if (status === "completed") return exitCode.ok;
  return status === "suspended" ? exitCode.suspended : exitCode.failure;
}

function jsonOf(result: Result): object {
  const { status, runId } = result;
  const traceId = "traceId" in result ? result.traceId : undefined;
  switch (result.status) {
    case "completed":
      return { status, runId, traceId, output: result.output };
    case "suspended":
      return { status, runId, traceId, pending: result.pending };
    case "failed":
      return { status, runId, traceId, node: result.node, error: result.error.message };
    case "cancelled":
    case "refused":
      return { status, runId, traceId, error: result.error.message };
  }
}

async function print(
  result: Result,
  pipeline: ReadyPipeline<unknown, unknown, unknown>,
  argument: string,
  terminal: Terminal,
): Promise<void> {
  const { shown } = await import("../approvals.ts");
  const { commandLine } = await import("../summary.ts");
  switch (result.status) {
    case "completed": {
      const input = (result.state as { readonly input?: unknown }).input;
      const text = await pipeline.present?.(result, { id: result.runId, input });
      terminal.out(text ?? shown(result.output));
      break;
    }
    case "suspended":
      terminal.out(`run ${result.runId} waits for ${result.pending.length} approval(s)`);
      for (const pending of result.pending) {
        terminal.out(`\n${terminal.style("bold", pending.path)}\n${shown(pending.show)}`);
      }
      terminal.out(
        `\n${commandLine(`run ${argument} --resume ${result.runId} ${result.pending.map(({ path }) => `--answer ${path}=yes`).join(" ")}`)}`,
      );
      break;
    case "failed":
      terminal.err(terminal.style("red", `run ${result.runId} failed at ${result.node}: ${result.error.message}`));
      break;
    case "cancelled":
    case "refused":
      terminal.err(terminal.style("red", `run ${result.runId} ${result.status}: ${result.error.message}`));
  }
  if (result.status !== "refused") terminal.err(terminal.style("dim", commandLine(`trace ${result.runId}`)));
}
