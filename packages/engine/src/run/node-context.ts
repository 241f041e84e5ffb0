import type { RunScope } from "@flyball/telemetry";
import type { State } from "../graph/plan.ts";
import type { Attempt, NodeContext } from "../types.ts";
import type { CancelScope } from "./cancel-scope.ts";
import type { EventHub } from "./events.ts";

/** What one call of a user's function belongs to. */
export interface CallSite {
  readonly node: string;
  readonly path: string;
  readonly state: State;
  readonly item?: unknown;
  readonly iteration?: number | undefined;
  readonly previous?: Attempt<unknown> | undefined;
}

/**
 * The context of one try. State, item and previous attempt hang on it, so that a composed middleware chain is a
 * function of the context alone and is made once a plan instead of once a call.
 */
export class CallContext implements NodeContext {
  readonly run: RunScope;
  readonly attempt: number;
  readonly site: CallSite;
  readonly #events: EventHub;
  readonly #parent: CancelScope;
  #scope: CancelScope | undefined;
  #ended = false;

  /** `scope` may be left out: a scope under `parent` is then made when somebody asks for the signal. */
  constructor(
    run: RunScope,
    events: EventHub,
    site: CallSite,
    attempt: number,
    parent: CancelScope,
    scope?: CancelScope,
  ) {
    this.run = run;
    this.attempt = attempt;
    this.site = site;
    this.#events = events;
    this.#parent = parent;
    this.#scope = scope;
  }

  get node(): string {
    return this.site.node;
  }

  get path(): string {
    return this.site.path;
  }

  get iteration(): number | undefined {
    return this.site.iteration;
  }

  get signal(): AbortSignal {
    this.#scope ??= this.#parent.child();
    return this.#scope.signal;
  }

  /** Made when somebody asks for it, so that `({ emit }) => …` works and a node that emits nothing pays nothing. */
  get emit(): (chunk: unknown) => void {
    return (chunk) => {
      // What a node says after its time is over belongs to no try any more.
      if (this.#ended || !this.#events.heard) return;
      this.#events.send({ type: "node-chunk", path: this.site.path, node: this.site.node, chunk });
    };
  }

  /** The try is over. */
  end(): void {
    this.#ended = true;
    this.#scope?.close();
  }
}
