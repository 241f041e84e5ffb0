import { describe } from "@flyball/core";
import { WorkflowError } from "./errors.ts";
import type { CallContext } from "./node-context.ts";
import { type Branch, type Handling, type PlanBody, planOf, type State, type Work } from "./plan.ts";
import type { NodeContext, RetryPolicy } from "./types.ts";

/** A node as it was declared, checked by itself; `link` checks it among the others. */
export interface Definition {
  readonly name: string;
  readonly after: readonly string[] | undefined;
  readonly when: ((state: State) => boolean) | undefined;
  readonly handling: Handling;
  readonly work: Work;
}

/** Options as they come, perhaps from an untyped caller. */
export type RawOptions = Readonly<Record<string, unknown>>;

const common = ["after", "when", "labels"];
const handled = [...common, "retry", "timeoutMs", "middleware"];

/** The options that each kind of node knows; a misspelled one is refused, not ignored. */
const known: Readonly<Record<Work["kind"], readonly string[]>> = {
  node: [...handled, "output"],
  parallel: [...handled, "concurrency", "partial"],
  map: [...handled, "items", "concurrency", "partial", "output"],
  route: [...handled, "choose"],
  refine: [...handled, "attempt", "score", "threshold", "maxIterations", "output"],
  approval: [...common, "show", "onReject", "schema"],
  workflow: [...common, "timeoutMs", "input"],
};

type Fn = (...args: unknown[]) => unknown;

/** Checks declarations of one workflow's nodes. Every refusal is a WorkflowError that names node, option and value. */
export class Definer {
  readonly #workflow: string;

  constructor(workflow: string) {
    this.#workflow = workflow;
  }

  define(name: unknown, options: RawOptions, work: Work): Definition {
    this.#name(name, "a node's name");
    const { after, when } = options;
    for (const key of Object.keys(options)) {
      if (!known[work.kind].includes(key)) {
        this.#refuse(
          `${name}.${key}`,
          options[key],
          `one of the options of ${work.kind}: ${known[work.kind].join(", ")}`,
        );
      }
    }
    if (after !== undefined && !(Array.isArray(after) && after.every((other) => typeof other === "string"))) {
      this.#refuse(`${name}.after`, after, "a list of nodes' names");
    }
    return {
      name,
      after: after as readonly string[] | undefined,
      when: when === undefined ? undefined : (this.fn(`${name}.when`, when) as (state: State) => boolean),
      handling: this.#handling(name, options, work),
      work,
    };
  }

  node(name: string, run: unknown): Work {
    const call = this.fn(name, run);
    return { kind: "node", call: (context) => call(context.site.state, context) };
  }

  parallel(name: string, options: RawOptions, branches: unknown): Work {
    return { kind: "parallel", branches: this.#branches(name, branches), ...this.#fanOut(name, options) };
  }

  map(name: string, options: RawOptions, body: unknown): Work {
    const plan = planOf(body);
    const call = plan ? undefined : this.fn(name, body);
    return {
      kind: "map",
      items: this.fn(`${name}.items`, options.items),
      body: plan
        ? { kind: "workflow", plan }
        : { kind: "function", call: (context) => call!(context.site.item, context.site.state, context) },
      ...this.#fanOut(name, options),
    };
  }

  route(name: string, options: RawOptions, branches: unknown): Work {
    const list = this.#branches(name, branches);
    return {
      kind: "route",
      choose: this.fn(`${name}.choose`, options.choose),
      branches: new Map(list.map((branch) => [branch.name, branch])),
    };
  }

  refine(name: string, options: RawOptions): Work {
    const attempt = this.fn(`${name}.attempt`, options.attempt);
    const { threshold, maxIterations } = options;
    if (typeof threshold !== "function" && !Number.isFinite(threshold)) {
      this.#refuse(`${name}.threshold`, threshold, "a finite number or a function of the state");
    }
    this.#positiveInteger(`${name}.maxIterations`, maxIterations);
    return {
      kind: "refine",
      attempt: (context: CallContext) => attempt(context.site.state, context, context.site.previous),
      score: this.fn(`${name}.score`, options.score) as (value: unknown, state: State, context: NodeContext) => unknown,
      threshold: typeof threshold === "function" ? (threshold as (state: State) => unknown) : () => threshold,
      maxIterations: maxIterations as number,
      schema: this.#schema(`${name}.output`, options.output),
    };
  }

  approval(name: string, options: RawOptions): Work {
    const { onReject = "fail" } = options;
    if (onReject !== "fail" && onReject !== "continue")
      this.#refuse(`${name}.onReject`, onReject, '"fail" or "continue"');
    return {
      kind: "approval",
      show: this.fn(`${name}.show`, options.show),
      failOnReject: onReject === "fail",
      schema: this.#schema(`${name}.schema`, options.schema),
    };
  }

  workflow(name: string, child: unknown, options: RawOptions): Work {
    const plan = planOf(child);
    if (!plan) this.#refuse(name, child, "a workflow made by build()");
    return { kind: "workflow", plan, input: this.fn(`${name}.input`, options.input) };
  }

  fn(what: string, value: unknown): Fn {
    if (typeof value === "function") return value as Fn;
    return this.#refuse(what, value, "a function");
  }

  #handling(name: string, options: RawOptions, work: Work): Handling {
    const { retry, timeoutMs, middleware = [], labels, output } = options;
    if (retry !== undefined) this.#retry(name, retry as RetryPolicy, work);
    if (
      timeoutMs !== undefined &&
      typeof timeoutMs !== "function" &&
      !(typeof timeoutMs === "number" && timeoutMs > 0)
    ) {
      this.#refuse(`${name}.timeoutMs`, timeoutMs, "a positive number of milliseconds or a function of the state");
    }
    if (!Array.isArray(middleware)) this.#refuse(`${name}.middleware`, middleware, "a list of functions");
    for (const layer of middleware) this.fn(`${name}.middleware`, layer);
    return {
      retry: retry as RetryPolicy | undefined,
      timeoutMs: timeoutMs as Handling["timeoutMs"],
      middleware: middleware as Handling["middleware"],
      labels: labels as Handling["labels"],
      // A refinement's schema is about each attempt, not about its score, and is applied there.
      output: work.kind === "refine" ? undefined : this.#schema(`${name}.output`, output),
    };
  }

  #retry(name: string, retry: RetryPolicy, work: Work): void {
    const { attempts, backoffMs, maxBackoffMs, jitter, retryable } = retry;
    this.#positiveInteger(`${name}.retry.attempts`, attempts);
    for (const [key, value] of Object.entries({ backoffMs, maxBackoffMs })) {
      if (value !== undefined && !(value >= 0 && value < Number.POSITIVE_INFINITY)) {
        this.#refuse(`${name}.retry.${key}`, value, "a number of milliseconds");
      }
    }
    if (jitter !== undefined && !(jitter >= 0 && jitter <= 1)) this.#refuse(`${name}.retry.jitter`, jitter, "0 to 1");
    if (retryable !== undefined) this.fn(`${name}.retry.retryable`, retryable);
    if (nests(work)) {
      const why = "what has finished inside must not run twice: put retries on the nodes of the nested workflow";
      throw new WorkflowError(this.#workflow, `${name}.retry does not apply to a nested workflow; ${why}`);
    }
  }

  #fanOut(name: string, { concurrency = Number.POSITIVE_INFINITY, partial = false }: RawOptions) {
    if (concurrency !== Number.POSITIVE_INFINITY) this.#positiveInteger(`${name}.concurrency`, concurrency);
    if (typeof partial !== "boolean") this.#refuse(`${name}.partial`, partial, "true or false");
    return { concurrency: concurrency as number, partial };
  }

  #branches(name: string, branches: unknown): readonly Branch[] {
    if (typeof branches !== "object" || branches === null || Object.keys(branches).length === 0) {
      this.#refuse(`${name}'s branches`, branches, "an object of functions and workflows, at least one");
    }
    return Object.entries(branches).map(([branch, body]) => {
      this.#name(branch, `a branch of ${name}`);
      return { name: branch, body: this.#body(`${name}/${branch}`, body) };
    });
  }

  #body(what: string, value: unknown): PlanBody {
    const plan = planOf(value);
    if (plan) return { kind: "workflow", plan };
    const call = this.fn(what, value);
    return { kind: "function", call: (context) => call(context.site.state, context) };
  }

  #schema(what: string, schema: unknown): Handling["output"] {
    if (schema === undefined) return undefined;
    if (typeof (schema as { parse?: unknown } | null)?.parse !== "function") {
      this.#refuse(what, schema, "a schema with a parse method");
    }
    return schema as Handling["output"];
  }

  #positiveInteger(what: string, value: unknown): void {
    if (!Number.isInteger(value) || (value as number) < 1) this.#refuse(what, value, "a positive integer");
  }

  /** Names become paths, fields of the state and labels. */
  #name(name: unknown, what: string): asserts name is string {
    if (typeof name !== "string" || !/^[^/[\]#]+$/.test(name)) {
      this.#refuse(what, name, "a text without / [ ] #, at least one character");
    }
    if (name === "input" || name === "__proto__")
      throw new WorkflowError(this.#workflow, `the name ${name} is reserved`);
  }

  #refuse(what: string, received: unknown, expected: string): never {
    throw new WorkflowError(this.#workflow, `${what}: expected ${expected}, received ${describe(received)}`);
  }
}

function nests(work: Work): boolean {
  switch (work.kind) {
    case "parallel":
      return work.branches.some(({ body }) => body.kind === "workflow");
    case "route":
      return [...work.branches.values()].some(({ body }) => body.kind === "workflow");
    case "map":
      return work.body.kind === "workflow";
    case "workflow":
      return true;
    case "node":
    case "refine":
    case "approval":
      return false;
  }
}
