import { CancelledError, toError } from "@flyball/core";
import type { Call, Plan, State, Step } from "../graph/plan.ts";
import type { CancelScope } from "./cancel-scope.ts";
import type { Execution } from "./execution.ts";
import { CallContext } from "./node-context.ts";
import { isPromiseLike } from "./perform.ts";
import { cancelled, failed, ok, type Settlement, suspended } from "./settlement.ts";
import { runStep } from "./step.ts";

/** How a graph's execution ended, and the fields that were written by then. */
export interface FrameResult {
  readonly settlement: Settlement;
  readonly state: State;
}

/** Runs one graph to its end. Never rejects. `prefix` stands before its nodes' paths. */
export function runFrame(
  run: Execution,
  plan: Plan,
  input: unknown,
  prefix: string,
  scope: CancelScope,
): Promise<FrameResult> {
  return new Promise((resolve) => new Frame(run, plan, input, prefix, scope, resolve).begin());
}

/**
 * The scheduler: counts what each step still waits for, and starts a step the moment its last dependency ends. It
 * knows no rounds, so that a fast branch never waits for a slow one beside it.
 */
class Frame {
  readonly #run: Execution;
  readonly #plan: Plan;
  readonly #prefix: string;
  readonly #scope: CancelScope;
  readonly #resolve: (result: FrameResult) => void;
  readonly #state: State;
  /** By step: dependencies that have not ended. */
  readonly #waitsFor: number[];
  readonly #ready: number[];
  #left: number;
  /** Steps under way that end soon after an abort, whatever their function does: the frame waits for them. */
  #supervised = 0;
  /** Plain functions under way, called directly: an abort does not wait for them. */
  #direct = 0;
  #starting = false;
  #obstacle: Settlement | undefined;
  #over = false;

  constructor(
    run: Execution,
    plan: Plan,
    input: unknown,
    prefix: string,
    scope: CancelScope,
    resolve: (result: FrameResult) => void,
  ) {
    this.#run = run;
    this.#plan = plan;
    this.#prefix = prefix;
    this.#scope = scope.child();
    this.#resolve = resolve;
    this.#state = { input };
    this.#waitsFor = plan.steps.map((step) => step.after.length);
    this.#ready = plan.roots.slice();
    this.#left = plan.steps.length;
  }

  begin(): void {
    if (this.#scope.aborted) this.#obstacle = cancelled;
    this.#scope.onAbort = () => {
      this.#obstacle ??= cancelled;
      this.#advance();
    };
    this.#advance();
  }

  /** Starts what is ready, and looks whether this was all. A loop, not a recursion: lines may be long. */
  #advance(): void {
    if (this.#starting || this.#over) return;
    this.#starting = true;
    for (let at = 0; at < this.#ready.length && !this.#obstacle; at++) this.#start(this.#plan.steps[this.#ready[at]!]!);
    this.#ready.length = 0;
    this.#starting = false;
    if (this.#obstacle ? this.#supervised === 0 : this.#supervised + this.#direct === 0) this.#finish();
  }

  #start(step: Step): void {
    if (step.plain && this.#run.bare && !this.#run.events.heard && step.work.kind === "node") {
      this.#call(step, step.work.call);
      return;
    }
    this.#supervised++;
    const path = this.#prefix + step.name;
    void runStep(this.#run, step, this.#visible(step), path, this.#scope).then((settlement) => {
      this.#supervised--;
      this.#settled(step, settlement);
      this.#advance();
    });
  }

  /** The short way for a function that needs nothing but to be called. */
  #call(step: Step, call: Call): void {
    const path = this.#prefix + step.name;
    const site = { node: step.name, path, state: this.#visible(step) };
    const context = new CallContext(this.#run.scope, this.#run.events, site, 1, this.#scope);
    let value: unknown;
    let waits: boolean;
    try {
      value = call(context);
      waits = isPromiseLike(value);
    } catch (thrown) {
      context.end();
      this.#settled(step, failed(path, toError(thrown)));
      return;
    }
    if (!waits) {
      context.end();
      this.#ended(step, value);
      return;
    }
    this.#direct++;
    const settle = (settlement: Settlement): void => {
      this.#direct--;
      context.end();
      this.#settled(step, settlement);
      this.#advance();
    };
    // Of a promise that is not the platform's own, nobody knows how often it calls back.
    Promise.resolve(value).then(
      (result) => settle(ok(result)),
      (thrown) => settle(failed(path, toError(thrown))),
    );
  }

  #settled(step: Step, settlement: Settlement): void {
    switch (settlement.status) {
      case "ok":
        this.#ended(step, settlement.value);
        return;
      case "suspended":
        return;
      case "failed":
      case "cancelled":
        if (this.#obstacle) return;
        this.#obstacle = settlement;
        this.#scope.abort(new CancelledError(`work beside \`${this.#prefix}${step.name}\``));
    }
  }

  #ended(step: Step, value: unknown): void {
    if (this.#over) return;
    // The state grows: what a node made of it must not.
    this.#state[step.name] = value === this.#state ? { ...this.#state } : value;
    this.#left--;
    for (const dependent of step.dependents) {
      if (--this.#waitsFor[dependent]! === 0) this.#ready.push(dependent);
    }
  }

  /** What a step may read: the whole state when that is exact, else its ancestors' fields, whatever is there by now. */
  #visible(step: Step): State {
    if (!step.sees) return this.#state;
    const visible: State = { input: this.#state.input };
    for (const name of step.sees) visible[name] = this.#state[name];
    return visible;
  }

  #finish(): void {
    this.#over = true;
    this.#scope.close();
    this.#resolve({
      settlement: this.#obstacle ?? (this.#left === 0 ? this.#output() : suspended),
      state: this.#state,
    });
  }

  #output(): Settlement {
    if (!this.#plan.output) return ok(this.#state);
    try {
      return ok(this.#plan.output(this.#state));
    } catch (thrown) {
      return failed(`${this.#prefix}#output`, toError(thrown));
    }
  }
}
