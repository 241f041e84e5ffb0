import type { Approval, NodeContext, NodeOptions, Refined, Settled, ValueSchema } from "./types.ts";

type UnionToIntersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;

/** Flattens an intersection for readable errors and hovers. */
export type Simplify<T> = { [K in keyof T]: T[K] } & {};

/** By node: everything visible after it, its own field included. */
export type Scopes = Record<string, object>;

/** The state a node reads: the input, and the fields of the nodes it comes after, theirs included. */
export type StateAfter<Input, S extends Scopes, After extends keyof S> = Simplify<
  { readonly input: Input } & ([After] extends [never] ? unknown : UnionToIntersection<S[After]>)
>;

/** The scope after adding node `Name` with value `Value` behind `After`. */
export type Added<S extends Scopes, After extends keyof S, Name extends string, Value> = S & {
  [K in Name]: Simplify<([After] extends [never] ? unknown : UnionToIntersection<S[After]>) & { readonly [F in Name]: Value }>;
};

/** The state at the end: every node's field. */
export type FinalState<Input, S extends Scopes> = Simplify<
  { readonly input: Input } & ([keyof S] extends [never] ? unknown : UnionToIntersection<S[keyof S]>)
>;

/** A value that may be there: skipped nodes leave undefined. */
type Maybe<Options, Value> = Options extends { readonly when: unknown } ? Value | undefined : Value;

export type NodeFunction<State, Value> = (state: State, context: NodeContext) => Value | Promise<Value>;

/** A built graph: immutable, run by an engine, usable as a node of another. */
export interface Workflow<Input, State, Output> {
  readonly name: string;
  /** The graph as a mermaid flowchart. */
  mermaid(): string;
  /** A hash of the graph's shape. */
  readonly shape: string;
  /** Types only; never there at run time. */
  readonly "~types"?: { readonly input: Input; readonly state: State; readonly output: Output };
}

// biome-ignore format: one branch a line
export type BodyValue<Body> =
  Body extends Workflow<infer _I, infer _S, infer Output> ? Output :
  Body extends (...args: never[]) => infer Value ? Awaited<Value> : never;

/** Declares a graph. Each method adds one node whose value becomes the state's field of the same name. */
export interface WorkflowBuilder<Input, S extends Scopes, Last extends keyof S & string> {
  /** A function. `output` refuses a value that does not fit. */
  node<Name extends string, Value>(
    name: Name,
    run: NodeFunction<StateAfter<Input, S, Last>, Value>,
  ): WorkflowBuilder<Input, Added<S, Last, Name, Value>, Name>;
  node<
    Name extends string,
    Value,
    const After extends keyof S & string = Last,
    const Options extends NodeOptions<StateAfter<Input, S, After>, After> & { readonly output?: ValueSchema<Value> } = NodeOptions<
      StateAfter<Input, S, After>,
      After
    >,
  >(
    name: Name,
    options: Options & { readonly after?: readonly After[] },
    run: NodeFunction<StateAfter<Input, S, After>, Value>,
  ): WorkflowBuilder<Input, Added<S, After, Name, Maybe<Options, Value>>, Name>;
}
export type { Approval, Refined, Settled };
