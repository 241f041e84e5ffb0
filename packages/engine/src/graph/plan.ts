import type { Middleware } from "@flyball/core";
import type { CallContext } from "../run/node-context.ts";
import type { NodeContext, RetryPolicy, ValueSchema } from "../types.ts";
import type { Workflow } from "../workflow-types.ts";

/** State as the engine handles it: types are the builder's business. */
export type State = Record<string, unknown>;

/** One call of a user's function; what it needs beside the context hangs on the context. */
export type Call = (context: CallContext) => unknown;

/** What does the work of a branch or an item. */
export type PlanBody =
  | { readonly kind: "function"; readonly call: Call }
  | { readonly kind: "workflow"; readonly plan: Plan };

export interface Branch {
  readonly name: string;
  readonly body: PlanBody;
}

/** What a step does; the kinds are run in `kinds/`. */
export type Work =
  | { readonly kind: "node"; readonly call: Call }
  | {
      readonly kind: "parallel";
      readonly branches: readonly Branch[];
      readonly concurrency: number;
      readonly partial: boolean;
    }
  | {
      readonly kind: "map";
      readonly items: (state: State) => unknown;
      readonly body: PlanBody;
      readonly concurrency: number;
      readonly partial: boolean;
    }
  | {
      readonly kind: "route";
      readonly choose: (state: State) => unknown;
      readonly branches: ReadonlyMap<string, Branch>;
    }
  | {
      readonly kind: "refine";
      readonly attempt: Call;
      readonly score: (value: unknown, state: State, context: NodeContext) => unknown;
      readonly threshold: (state: State) => unknown;
      readonly maxIterations: number;
      readonly schema: ValueSchema<unknown> | undefined;
    }
  | {
      readonly kind: "approval";
      readonly show: (state: State) => unknown;
      readonly failOnReject: boolean;
      readonly schema: ValueSchema<unknown> | undefined;
    }
  | { readonly kind: "workflow"; readonly plan: Plan; readonly input: (state: State) => unknown };

/** How each call of a step's functions is treated. */
export interface Handling {
  readonly retry: RetryPolicy | undefined;
  readonly timeoutMs: number | ((state: State) => number) | undefined;
  readonly middleware: readonly Middleware<NodeContext, unknown>[];
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly output: ValueSchema<unknown> | undefined;
}

export interface Step {
  readonly index: number;
  readonly name: string;
  readonly work: Work;
  readonly when: ((state: State) => boolean) | undefined;
  readonly handling: Handling;
  /** Steps that must have ended, and steps that wait for this one, by index. */
  readonly after: readonly number[];
  readonly dependents: readonly number[];
  /**
   * The fields that the step may read, when others may be there by then (written by steps that it does not come
   * after); undefined when the whole state is exactly what it may read.
   */
  readonly sees: readonly string[] | undefined;
  /** A bare function: nothing to check, bound or repeat, so that the scheduler may call it directly. */
  readonly plain: boolean;
}

/** A checked graph, its steps in an order in which each comes after what it depends on. */
export interface Plan {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Steps without dependencies. */
  readonly roots: readonly number[];
  readonly input: ValueSchema<unknown> | undefined;
  readonly output: ((state: State) => unknown) | undefined;
  readonly shape: string;
  /** Whether a person has to answer somewhere inside, nested workflows included. */
  readonly waits: boolean;
}

const planKey: unique symbol = Symbol("flyball.plan");

/** Ties a plan to the public face of a workflow. */
export function withPlan<W extends object>(workflow: W, plan: Plan): W {
  return Object.defineProperty(workflow, planKey, { value: plan });
}

/** The plan behind a workflow, or undefined when `value` is none that `build()` made. */
export function planOf(value: unknown): Plan | undefined {
  return typeof value === "object" && value !== null ? (value as { [planKey]?: Plan })[planKey] : undefined;
}

/** The plan behind what the types say is a workflow. */
export function requirePlan(workflow: Workflow<never, unknown, unknown>): Plan {
  const plan = planOf(workflow);
  if (!plan) throw new TypeError("expected a workflow made by workflow(name)….build()");
  return plan;
}
