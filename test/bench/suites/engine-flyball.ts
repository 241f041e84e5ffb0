import { createEngine, type Engine, type NodeOptions, type Workflow, workflow } from "@flyball/engine";
import type { EngineSubject } from "../peers/subject.ts";

const names = Array.from({ length: 10 }, (_, index) => `n${index}`);
const step = async (): Promise<number> => 1;

/** What a careful pipeline asks of each node. */
const everything: NodeOptions<object> = { timeoutMs: 45_000, retry: { attempts: 2 } };

// The builders' types change with every node added in a loop, so loops see this shape of them.
interface AnyBuilder {
  node(name: string, options: object, run: () => Promise<number>): AnyBuilder;
  build(): Workflow<undefined, unknown, unknown>;
}
const begin = (name: string): AnyBuilder => workflow<undefined>(name) as unknown as AnyBuilder;

function line(options: NodeOptions<object>): Workflow<undefined, unknown, unknown> {
  return names.reduce((builder, name) => builder.node(name, options, step), begin("line")).build();
}

function fan(options: NodeOptions<object>): Workflow<undefined, unknown, unknown> {
  const first = begin("fan").node("first", options, step);
  return names
    .reduce((builder, name) => builder.node(name, { ...options, after: ["first"] }, step), first)
    .node("join", { ...options, after: names }, step)
    .build();
}

async function completed(engine: Engine, graph: Workflow<undefined, unknown, unknown>): Promise<void> {
  const result = await engine.run(graph, undefined, { unit: "unit" });
  if (result.status !== "completed") throw new Error(`${graph.name} ended ${result.status}`, { cause: result });
}

/** The engine as a subject; `guarded` gives every node a timeout and a retry. */
export function flyball(name: string, engine: Engine, guarded: boolean): EngineSubject {
  const options = guarded ? everything : {};
  const graphs = { line: line(options), fan: fan(options) };
  return { name, line: () => completed(engine, graphs.line), fan: () => completed(engine, graphs.fan) };
}

export const bareFlyball: EngineSubject = flyball("Flyball, bare", createEngine(), false);
