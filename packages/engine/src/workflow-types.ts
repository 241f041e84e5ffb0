import type { Approval, Attempt, NodeContext, NodeOptions, Refined, Settled, ValueSchema } from "./types.ts";

type UnionToIntersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void
  ? I
  : never;

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
  [K in Name]: Simplify<
    ([After] extends [never] ? unknown : UnionToIntersection<S[After]>) & { readonly [F in Name]: Value }
  >;
};

/** The state at the end: every node's field. */
export type FinalState<Input, S extends Scopes> = Simplify<
  { readonly input: Input } & ([keyof S] extends [never] ? unknown : UnionToIntersection<S[keyof S]>)
>;

/** A value that may be there: skipped nodes leave undefined. */
type Maybe<Options, Value> = Options extends { readonly when: unknown } ? Value | undefined : Value;

/** What a function returned, or what the schema made of it: with a schema a function may return what it could not type. */
type Output<Options, Returned> = Options extends { readonly output: ValueSchema<infer Value> } ? Value : Returned;

/** Partial work gives each part's result, whether it is a value or a failure. */
type Part<Options, Value> = Options extends { readonly partial: infer Partial }
  ? Partial extends true
    ? Settled<Value>
    : Value
  : Value;

export type NodeFunction<State, Value> = (state: State, context: NodeContext) => Value | Promise<Value>;

/** A built graph: immutable, run by an engine, usable as a node of another. */
export interface Workflow<Input, State, Output> {
  readonly name: string;
  /** The graph as a mermaid flowchart. */
  mermaid(): string;
  /** A hash of the graph's shape: names, kinds and edges, nested workflows included; never the functions' code. */
  readonly shape: string;
  /** Types only; never there at run time. The input stands as a parameter, so that a child must accept what it is given. */
  readonly "~types"?: { readonly input: (input: Input) => void; readonly state: State; readonly output: Output };
}

/** What does the work of a branch: a function, or a workflow whose input is the state. */
export type Body<State> = NodeFunction<State, unknown> | Workflow<State, unknown, unknown>;

// biome-ignore format: one branch a line
export type BodyValue<Body> =
  Body extends Workflow<never, infer _State, infer Output> ? Output :
  Body extends (...args: never[]) => infer Value ? Awaited<Value> : never;

interface WithOutput {
  /** Checks what each call of the function returned, and gives the value to keep. A refusal is worth a retry. */
  readonly output?: ValueSchema<unknown>;
}

/** Options of nodes that do several things at once. `retry`, `timeoutMs` and `middleware` apply to each of them. */
export interface FanOutOptions<State, Name extends string = string> extends NodeOptions<State, Name> {
  /** Most at work at once. Default: no limit. */
  readonly concurrency?: number;
  /** When true, one that fails loses only itself, and each value is a `Settled`. Default false: the node fails. */
  readonly partial?: boolean;
}

/** Options of a nested workflow. Retries belong on the child's nodes: what has finished there must not run twice. */
export type NestedOptions<State, Name extends string = string> = Omit<NodeOptions<State, Name>, "retry" | "middleware">;

/** Options of an approval. It waits for a person, so there is nothing to retry or to time out. */
export type ApprovalOptions<State, Name extends string = string> = Pick<
  NodeOptions<State, Name>,
  "after" | "when" | "labels"
>;

/** Declares a graph. Each method adds one node whose value becomes the state's field of the same name. */
export interface WorkflowBuilder<Input, S extends Scopes, Last extends keyof S & string> {
  /** A function. With `output`, the value is what that schema makes of what the function returned, or the node fails. */
  node<Name extends string, Returned>(
    name: Name,
    run: NodeFunction<StateAfter<Input, S, Last>, Returned>,
  ): WorkflowBuilder<Input, Added<S, Last, Name, Returned>, Name>;
  node<
    Name extends string,
    Returned,
    const After extends keyof S & string = Last,
    const Options extends NodeOptions<StateAfter<Input, S, After>, After> & WithOutput = NodeOptions<
      StateAfter<Input, S, After>,
      After
    >,
  >(
    name: Name,
    options: Options & { readonly after?: readonly After[] },
    run: NodeFunction<StateAfter<Input, S, After>, Returned>,
  ): WorkflowBuilder<Input, Added<S, After, Name, Maybe<Options, Output<Options, Returned>>>, Name>;

  /** Branches side by side, each a function or a workflow that receives the state; the value has a field for each. */
  parallel<Name extends string, const Branches extends Readonly<Record<string, Body<StateAfter<Input, S, Last>>>>>(
    name: Name,
    branches: Branches,
  ): WorkflowBuilder<Input, Added<S, Last, Name, { readonly [B in keyof Branches]: BodyValue<Branches[B]> }>, Name>;
  parallel<
    Name extends string,
    const Branches extends Readonly<Record<string, Body<StateAfter<Input, S, After>>>>,
    const After extends keyof S & string = Last,
    const Options extends FanOutOptions<StateAfter<Input, S, After>, After> = FanOutOptions<
      StateAfter<Input, S, After>,
      After
    >,
  >(
    name: Name,
    options: Options & { readonly after?: readonly After[] },
    branches: Branches,
  ): WorkflowBuilder<
    Input,
    Added<S, After, Name, Maybe<Options, { readonly [B in keyof Branches]: Part<Options, BodyValue<Branches[B]>> }>>,
    Name
  >;

  /** The same work for each item, in the items' order. The items are fixed when the node begins, across resumes too. */
  map<
    Name extends string,
    Item,
    Returned,
    const After extends keyof S & string = Last,
    const Options extends FanOutOptions<StateAfter<Input, S, After>, After> & WithOutput = FanOutOptions<
      StateAfter<Input, S, After>,
      After
    >,
  >(
    name: Name,
    options: Options & {
      readonly after?: readonly After[];
      readonly items: (state: StateAfter<Input, S, After>) => readonly Item[];
    },
    body:
      | ((item: Item, state: StateAfter<Input, S, After>, context: NodeContext) => Returned | Promise<Returned>)
      | Workflow<Item, unknown, Returned>,
  ): WorkflowBuilder<
    Input,
    Added<S, After, Name, Maybe<Options, readonly Part<Options, Output<Options, Returned>>[]>>,
    Name
  >;

  /** One of several branches; the value is that branch's. A skip is a branch that returns at once. */
  route<
    Name extends string,
    Choice extends string,
    const Branches extends { readonly [C in Choice]: Body<StateAfter<Input, S, After>> },
    const After extends keyof S & string = Last,
    const Options extends NodeOptions<StateAfter<Input, S, After>, After> = NodeOptions<
      StateAfter<Input, S, After>,
      After
    >,
  >(
    name: Name,
    options: Options & {
      readonly after?: readonly After[];
      readonly choose: (state: StateAfter<Input, S, After>) => Choice;
    },
    branches: Branches,
  ): WorkflowBuilder<Input, Added<S, After, Name, Maybe<Options, BodyValue<Branches[keyof Branches]>>>, Name>;

  /**
   * Tries again until the score reaches the threshold, or the iterations run out. `retry` and `timeoutMs` apply to
   * each iteration. To read `previous`, annotate its type or give `output`.
   */
  refine<
    Name extends string,
    Value,
    const After extends keyof S & string = Last,
    const Options extends NodeOptions<StateAfter<Input, S, After>, After> = NodeOptions<
      StateAfter<Input, S, After>,
      After
    >,
  >(
    name: Name,
    options: Options & {
      readonly after?: readonly After[];
      readonly output?: ValueSchema<Value>;
      readonly attempt: (
        state: StateAfter<Input, S, After>,
        context: NodeContext,
        previous: Attempt<Value> | undefined,
      ) => Value | Promise<Value>;
      readonly score: (
        value: Value,
        state: StateAfter<Input, S, After>,
        context: NodeContext,
      ) => number | Promise<number>;
      readonly threshold: number | ((state: StateAfter<Input, S, After>) => number);
      /** A positive integer. */
      readonly maxIterations: number;
    },
  ): WorkflowBuilder<Input, Added<S, After, Name, Maybe<Options, Refined<Value>>>, Name>;

  /** Waits for a person: the run suspends and goes on with `resume`, in another process too. */
  approval<
    Name extends string,
    Edit = unknown,
    const After extends keyof S & string = Last,
    const Options extends ApprovalOptions<StateAfter<Input, S, After>, After> = ApprovalOptions<
      StateAfter<Input, S, After>,
      After
    >,
  >(
    name: Name,
    options: Options & {
      readonly after?: readonly After[];
      /** What the person sees. Kept with the checkpoint. */
      readonly show: (state: StateAfter<Input, S, After>) => unknown;
      /** `fail` (default): a refusal fails the run. `continue`: the value says that it was refused. */
      readonly onReject?: "fail" | "continue";
      /** Checks an answer's `edit`. */
      readonly schema?: ValueSchema<Edit>;
    },
  ): WorkflowBuilder<Input, Added<S, After, Name, Maybe<Options, Approval<Edit>>>, Name>;

  /** Another workflow as a node; its nodes have their own checkpoints, under this node's path. */
  workflow<
    Name extends string,
    ChildInput,
    Output,
    const After extends keyof S & string = Last,
    const Options extends NestedOptions<StateAfter<Input, S, After>, After> = NestedOptions<
      StateAfter<Input, S, After>,
      After
    >,
  >(
    name: Name,
    child: Workflow<ChildInput, unknown, Output>,
    options: Options & {
      readonly after?: readonly After[];
      readonly input: (state: StateAfter<Input, S, After>) => NoInfer<ChildInput>;
    },
  ): WorkflowBuilder<Input, Added<S, After, Name, Maybe<Options, Output>>, Name>;

  /**
   * Checks the graph and freezes it. `output` picks the result out of the state; it must do nothing else, since it is
   * computed again when a completed run is asked for.
   * @throws WorkflowError for a name used twice, an unknown or cyclic `after`, or an option out of range.
   */
  build(): Workflow<Input, FinalState<Input, S>, FinalState<Input, S>>;
  build<Output>(options: {
    readonly output: (state: FinalState<Input, S>) => Output;
  }): Workflow<Input, FinalState<Input, S>, Output>;
}
