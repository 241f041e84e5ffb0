import type { CallContext } from "../run/node-context.ts";
import type { NodeContext, RetryPolicy } from "../types.ts";
import { Checks } from "./checks.ts";
import { type Branch, type Handling, type PlanBody, planOf, type State, type Work } from "./plan.ts";

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

/** Checks declarations of one workflow's nodes. Every refusal is a WorkflowError that names node, option and value. */
export class Definer {
  readonly #checks: Checks;

  constructor(workflow: string) {
    this.#checks = new Checks(workflow);
  }

  define(name: unknown, options: RawOptions, work: Work): Definition {
    this.#checks.name(name, "a node's name");
    const { after, when } = options;
    for (const key of Object.keys(options)) {
      if (!known[work.kind].includes(key)) {
        this.#checks.refuse(
          `${name}.${key}`,
          options[key],
          `one of the options of ${work.kind}: ${known[work.kind].join(", ")}`,
        );
      }
    }
    if (after !== undefined && !(Array.isArray(after) && after.every((other) => typeof other === "string"))) {
      this.#checks.refuse(`${name}.after`, after, "a list of nodes' names");
    }
    return {
      name,
      after: after as readonly string[] | undefined,
      when: when === undefined ? undefined : (this.#checks.fn(`${name}.when`, when) as (state: State) => boolean),
      handling: this.#handling(name, options, work),
      work,
    };
  }

  node(name: string, run: unknown): Work {
    const call = this.#checks.fn(name, run);
    return { kind: "node", call: (context) => call(context.site.state, context) };
  }

  parallel(name: string, options: RawOptions, branches: unknown): Work {
    return { kind: "parallel", branches: this.#branches(name, branches), ...this.#fanOut(name, options) };
  }

  map(name: string, options: RawOptions, body: unknown): Work {
    const plan = planOf(body);
    const call = plan ? undefined : this.#checks.fn(name, body);
    return {
      kind: "map",
      items: this.#checks.fn(`${name}.items`, options.items),
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
      choose: this.#checks.fn(`${name}.choose`, options.choose),
      branches: new Map(list.map((branch) => [branch.name, branch])),
    };
  }

  refine(name: string, options: RawOptions): Work {
    const attempt = this.#checks.fn(`${name}.attempt`, options.attempt);
    const { threshold, maxIterations } = options;
    if (typeof threshold !== "function" && !Number.isFinite(threshold)) {
      this.#checks.refuse(`${name}.threshold`, threshold, "a finite number or a function of the state");
    }
    this.#checks.positiveInteger(`${name}.maxIterations`, maxIterations);
    return {
      kind: "refine",
      attempt: (context: CallContext) => attempt(context.site.state, context, context.site.previous),
      score: this.#checks.fn(`${name}.score`, options.score) as (
        value: unknown,
        state: State,
        context: NodeContext,
      ) => unknown,
      threshold: typeof threshold === "function" ? (threshold as (state: State) => unknown) : () => threshold,
      maxIterations: maxIterations as number,
      schema: this.#checks.schema(`${name}.output`, options.output),
    };
  }

  approval(name: string, options: RawOptions): Work {
    const { onReject = "fail" } = options;
    if (onReject !== "fail" && onReject !== "continue")
      this.#checks.refuse(`${name}.onReject`, onReject, '"fail" or "continue"');
    return {
      kind: "approval",
      show: this.#checks.fn(`${name}.show`, options.show),
      failOnReject: onReject === "fail",
      schema: this.#checks.schema(`${name}.schema`, options.schema),
    };
  }

  workflow(name: string, child: unknown, options: RawOptions): Work {
    const plan = planOf(child);
    if (!plan) this.#checks.refuse(name, child, "a workflow made by build()");
    return { kind: "workflow", plan, input: this.#checks.fn(`${name}.input`, options.input) };
  }

  #handling(name: string, options: RawOptions, work: Work): Handling {
    const { retry, timeoutMs, middleware = [], labels, output } = options;
    if (retry !== undefined) this.#retry(name, retry as RetryPolicy, work);
    if (
      timeoutMs !== undefined &&
      typeof timeoutMs !== "function" &&
      !(typeof timeoutMs === "number" && timeoutMs > 0)
    ) {
      this.#checks.refuse(
        `${name}.timeoutMs`,
        timeoutMs,
        "a positive number of milliseconds or a function of the state",
      );
    }
    if (!Array.isArray(middleware)) this.#checks.refuse(`${name}.middleware`, middleware, "a list of functions");
    for (const layer of middleware) this.#checks.fn(`${name}.middleware`, layer);
    return {
      retry: retry as RetryPolicy | undefined,
      timeoutMs: timeoutMs as Handling["timeoutMs"],
      middleware: middleware as Handling["middleware"],
      labels: labels as Handling["labels"],
      // A refinement's schema is about each attempt, not about its score, and is applied there.
      output: work.kind === "refine" ? undefined : this.#checks.schema(`${name}.output`, output),
    };
  }

  #retry(name: string, retry: RetryPolicy, work: Work): void {
    const { attempts, backoffMs, maxBackoffMs, jitter, retryable } = retry;
    this.#checks.positiveInteger(`${name}.retry.attempts`, attempts);
    for (const [key, value] of Object.entries({ backoffMs, maxBackoffMs })) {
      if (value !== undefined && !(value >= 0 && value < Number.POSITIVE_INFINITY)) {
        this.#checks.refuse(`${name}.retry.${key}`, value, "a number of milliseconds");
      }
    }
    if (jitter !== undefined && !(jitter >= 0 && jitter <= 1))
      this.#checks.refuse(`${name}.retry.jitter`, jitter, "0 to 1");
    if (retryable !== undefined) this.#checks.fn(`${name}.retry.retryable`, retryable);
    if (nests(work)) {
      const why = "what has finished inside must not run twice: put retries on the nodes of the nested workflow";
      throw this.#checks.error(`${name}.retry does not apply to a nested workflow; ${why}`);
    }
  }

  #fanOut(name: string, { concurrency = Number.POSITIVE_INFINITY, partial = false }: RawOptions) {
    if (concurrency !== Number.POSITIVE_INFINITY) this.#checks.positiveInteger(`${name}.concurrency`, concurrency);
    if (typeof partial !== "boolean") this.#checks.refuse(`${name}.partial`, partial, "true or false");
    return { concurrency: concurrency as number, partial };
  }

  #branches(name: string, branches: unknown): readonly Branch[] {
    if (typeof branches !== "object" || branches === null || Object.keys(branches).length === 0) {
      this.#checks.refuse(`${name}'s branches`, branches, "an object of functions and workflows, at least one");
    }
    return Object.entries(branches).map(([branch, body]) => {
      this.#checks.name(branch, `a branch of ${name}`);
      return { name: branch, body: this.#body(`${name}/${branch}`, body) };
    });
  }

  #body(what: string, value: unknown): PlanBody {
    const plan = planOf(value);
    if (plan) return { kind: "workflow", plan };
    const call = this.#checks.fn(what, value);
    return { kind: "function", call: (context) => call(context.site.state, context) };
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
