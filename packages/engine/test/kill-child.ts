// One process of the kill tests: goes on with the run in the database until it ends, waits, or is killed at the given
// moment. Usage: node kill-child.ts DATABASE LOG MOMENT ANSWER…
import { appendFileSync } from "node:fs";
import { openStore } from "@flyball/storage";
import {
  type CheckpointStore,
  checkpointMigrations,
  createEngine,
  createLocalCheckpoints,
  type NodeContext,
  workflow,
} from "../src/index.ts";

const [database = "", log = "", moment = "0", ...answered] = process.argv.slice(2);
let left = Number(moment);

/** Writes a line that survives the process, and ends the process when its moment has come. */
function note(line: string): void {
  appendFileSync(log, `${line}\n`);
  if (--left === 0) process.kill(process.pid, "SIGKILL");
}

async function work(_state: unknown, { path }: NodeContext): Promise<string> {
  note(`begin ${path}`);
  await new Promise((resolve) => setTimeout(resolve, 1));
  return path;
}

const innermost = workflow<unknown>("innermost")
  .node("look", work)
  .approval("sign", { show: (state) => state.look })
  .node("file", work)
  .build({ output: (state) => state.file });
const middle = workflow<unknown>("middle")
  .node("prepare", work)
  .workflow("inner", innermost, { input: (state) => state.prepare })
  .approval("release", { show: (state) => state.inner })
  .node("done", work)
  .build({ output: (state) => state.done });
const graph = workflow<string>("everything")
  .node("transcript", work)
  .map("checks", { items: () => [0, 1, 2, 3, 4], concurrency: 2, partial: true }, async (item, state, context) => {
    const path = await work(state, context);
    if (item === 3) throw new Error("this check fails");
    return path;
  })
  .parallel("agents", { after: ["transcript"] }, { research: work, market: middle, finance: innermost })
  .map("each", { after: ["checks"], items: () => ["x", "y"] }, middle)
  .refine("narrative", {
    attempt: work,
    score: (_value, _state, context) => context.iteration ?? 0,
    threshold: 2,
    maxIterations: 3,
  })
  .node("report", { after: ["agents", "narrative"] }, work)
  .build();

const store = openStore({ path: database, migrations: checkpointMigrations });
const local = createLocalCheckpoints({ store });
const checkpoints: CheckpointStore = {
  ...local,
  async save(runId, record) {
    await local.save(runId, record);
    if (!record.path.includes("#")) note(`${record.status} ${record.path}`);
  },
};
const engine = createEngine({ checkpoints });
const known = (await checkpoints.load("run")) !== undefined;
const answers = Object.fromEntries(answered.map((path) => [path, { approved: true }]));
const run = known ? engine.resume(graph, "run", { answers }) : engine.start(graph, "x", { runId: "run" });
const result = await run.result;
const error = "error" in result ? result.error : undefined;
const pending = result.status === "suspended" ? result.pending.map(({ path }) => path) : [];
const output = result.status === "completed" ? result.output : undefined;
process.stdout.write(
  JSON.stringify({ status: result.status, pending, output, error: error && { ...error, message: error.message } }),
);
await checkpoints.close();
await store.close();
