import { compose, type Middleware } from "@flyball/core";
import type { Call } from "../graph/plan.ts";
import type { NodeContext } from "../types.ts";
import type { CallContext } from "./node-context.ts";

/** Puts the engine's and the node's middleware around a call. */
export type Wrap = (call: Call, own: readonly Middleware<NodeContext, unknown>[]) => Call;

/** The chain of each call is composed once, when it is first needed; without middleware the call stays as it is. */
export function createWrap(everywhere: readonly Middleware<NodeContext, unknown>[]): Wrap {
  const chains = new WeakMap<Call, Call>();
  return (call, own) => {
    if (everywhere.length === 0 && own.length === 0) return call;
    let chain = chains.get(call);
    if (!chain) {
      chain = compose<CallContext, unknown>([...everywhere, ...own], async (context) => call(context));
      chains.set(call, chain);
    }
    return chain;
  };
}
