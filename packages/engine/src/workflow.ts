import { WorkflowError } from "./errors.ts";
import { Checks } from "./graph/checks.ts";
import { Definer, type Definition, type RawOptions } from "./graph/define.ts";
import { link } from "./graph/link.ts";
import { mermaid } from "./graph/mermaid.ts";
import { type Plan, type State, type Step, type Work, withPlan } from "./graph/plan.ts";
import { shapeOf } from "./graph/shape.ts";
import type { ValueSchema } from "./types.ts";
import type { Workflow, WorkflowBuilder } from "./workflow-types.ts";

/**
 * Begins the declaration of a graph. `Input` is what a run is given; with a schema it is checked before anything runs.
 *
 * Each node comes after the one declared before it unless `after` says otherwise, and reads the input and the fields of
 * the nodes that it comes after: reading anything else is a compile error.
 */
export function workflow<Input = undefined>(
  name: string,
  options: { readonly input?: ValueSchema<Input> } = {},
): WorkflowBuilder<Input, Record<never, object>, never> {
  if (typeof name !== "string" || name === "") throw new WorkflowError(String(name), "a workflow needs a name");
  const builder = new Builder(name, options.input, []);
  // The builder below knows no types: the interface does, and its methods are these.
  return builder as unknown as WorkflowBuilder<Input, Record<never, object>, never>;
}

/** Immutable: each method gives a new builder, so that two graphs may begin with the same nodes. */
class Builder {
  readonly #name: string;
  readonly #input: ValueSchema<unknown> | undefined;
  readonly #definitions: readonly Definition[];
  readonly #definer: Definer;

  constructor(name: string, input: ValueSchema<unknown> | undefined, definitions: readonly Definition[]) {
    this.#name = name;
    this.#input = input;
    this.#definitions = definitions;
    this.#definer = new Definer(name);
  }

  node(name: string, ...rest: unknown[]): Builder {
    const [options, run] = optional(rest);
    return this.#with(name, options, this.#definer.node(name, run));
  }

  parallel(name: string, ...rest: unknown[]): Builder {
    const [options, branches] = optional(rest);
    return this.#with(name, options, this.#definer.parallel(name, options, branches));
  }

  map(name: string, options: RawOptions, body: unknown): Builder {
    return this.#with(name, options, this.#definer.map(name, options, body));
  }

  route(name: string, options: RawOptions, branches: unknown): Builder {
    return this.#with(name, options, this.#definer.route(name, options, branches));
  }

  refine(name: string, options: RawOptions): Builder {
    return this.#with(name, options, this.#definer.refine(name, options));
  }

  approval(name: string, options: RawOptions): Builder {
    return this.#with(name, options, this.#definer.approval(name, options));
  }

  workflow(name: string, child: unknown, options: RawOptions): Builder {
    return this.#with(name, options, this.#definer.workflow(name, child, options));
  }

  build(options: RawOptions = {}): Workflow<unknown, unknown, unknown> {
    const { output } = options;
    if (output !== undefined) new Checks(this.#name).fn("build.output", output);
    const steps = link(this.#name, this.#definitions);
    const plan: Plan = {
      name: this.#name,
      steps,
      roots: steps.filter(({ after }) => after.length === 0).map(({ index }) => index),
      input: this.#input,
      output: output as ((state: State) => unknown) | undefined,
      shape: shapeOf(this.#name, steps),
      waits: steps.some(waits),
    };
    return withPlan({ name: plan.name, shape: plan.shape, mermaid: () => mermaid(plan) }, plan);
  }

  #with(name: string, options: RawOptions, work: Work): Builder {
    const definition = this.#definer.define(name, options, work);
    return new Builder(this.#name, this.#input, [...this.#definitions, definition]);
  }
}

/** `(name, options, what)` and `(name, what)` are both allowed. */
function optional(rest: readonly unknown[]): [RawOptions, unknown] {
  return rest.length > 1 ? [(rest[0] ?? {}) as RawOptions, rest[1]] : [{}, rest[0]];
}

function waits({ work }: Step): boolean {
  switch (work.kind) {
    case "approval":
      return true;
    case "workflow":
      return work.plan.waits;
    case "map":
      return work.body.kind === "workflow" && work.body.plan.waits;
    case "parallel":
      return work.branches.some(({ body }) => body.kind === "workflow" && body.plan.waits);
    case "route":
      return [...work.branches.values()].some(({ body }) => body.kind === "workflow" && body.plan.waits);
    case "node":
    case "refine":
      return false;
  }
}
