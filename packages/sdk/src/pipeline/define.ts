import type { Approval, PendingApproval, RunResult, ValueSchema, Workflow } from "@flyball/engine";
import type { z } from "zod";
import type { Flyball } from "../flyball.ts";

/** One piece of work for a pipeline. */
export interface PipelineItem<Input> {
  /** Names it in progress lines and results. */
  readonly id: string;
  /** The user or session that a rollout sticks to. */
  readonly unit?: string;
  readonly session?: string;
  /** A word from a small set, for example critical, important, normal. */
  readonly priority?: string;
  readonly input: Input;
}

/** A pipeline that is ready to run. */
export interface ReadyPipeline<Input, State, Output> {
  readonly workflow: Workflow<Input, State, Output>;
  /** What to run over. Consumed as runs become free, so it may be endless. */
  inputs(): AsyncIterable<PipelineItem<Input>>;
  /** Checks an input that came from outside, for `flyball run --input`. Default: taken as it is. */
  readonly input?: ValueSchema<Input>;
  /** Answers approvals when nobody is asked. Default: everything is approved. */
  approve?(pending: PendingApproval, item: PipelineItem<Input>): Approval | Promise<Approval>;
  /** What to print of a finished run; a place to save results, too. */
  present?(
    result: RunResult<State, Output>,
    item: PipelineItem<Input>,
  ): string | undefined | Promise<string | undefined>;
  /** What to print when all is done. */
  summary?(): string | undefined | Promise<string | undefined>;
  /** Gives back what `setup` took. */
  close?(): Promise<void>;
}

/** What a runnable module exports: `export const pipeline = definePipeline({ … })`. */
export interface Pipeline<Input = unknown, State = unknown, Output = unknown, Options = unknown> {
  readonly name: string;
  readonly description: string;
  /** What `--set key=value` may set: a flat zod object. */
  readonly options: z.ZodObject | undefined;
  setup(flyball: Flyball, options: Options): Promise<ReadyPipeline<Input, State, Output>>;
}

/** A pipeline as its author writes it. */
export interface PipelineDefinition<Schema extends z.ZodObject, Input, State, Output> {
  /** Low-cardinality; names the pipeline in output. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  readonly options?: Schema;
  setup(
    flyball: Flyball,
    options: z.output<Schema>,
  ): ReadyPipeline<Input, State, Output> | Promise<ReadyPipeline<Input, State, Output>>;
}

/**
 * Says what `setup` gives: `return readyPipeline({ workflow, inputs, present, … })`. It returns what it is given; its
 * use is that the types of `present` and `approve` follow from the workflow, which they do not in a bare `return`.
 */
export function readyPipeline<Input, State, Output>(
  pipeline: ReadyPipeline<Input, State, Output>,
): ReadyPipeline<Input, State, Output> {
  return pipeline;
}

const mark: unique symbol = Symbol.for("@flyball/sdk.pipeline");

/** Defines a pipeline that `flyball start` and `flyball run` can run. Types follow from the workflow. */
export function definePipeline<Input, State, Output, Schema extends z.ZodObject = z.ZodObject>(
  definition: PipelineDefinition<Schema, Input, State, Output>,
): Pipeline<Input, State, Output, z.output<Schema>> {
  const { name, description, options, setup } = definition;
  return Object.assign(
    { name, description, options, setup: async (flyball: Flyball, values: z.output<Schema>) => setup(flyball, values) },
    { [mark]: true },
  );
}

/** Whether a module's export is a pipeline; the mark is the same across copies of this package. */
export function isPipeline(value: unknown): value is Pipeline {
  return typeof value === "object" && value !== null && (value as { [mark]?: unknown })[mark] === true;
}
