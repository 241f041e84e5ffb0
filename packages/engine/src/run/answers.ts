import { isDeepStrictEqual } from "node:util";
import { deserialize } from "node:v8";
import { describe } from "@flyball/core";
import type { CheckpointRecord } from "../checkpoint/types.ts";
import { NodeValueError } from "../errors.ts";
import type { Plan, PlanBody, Step } from "../graph/plan.ts";
import type { Approval, ValueSchema } from "../types.ts";
import { checked } from "./perform.ts";

/** Checks one answer, which may come from outside the types. @throws NodeValueError */
export function acceptAnswer(path: string, schema: ValueSchema<unknown> | undefined, answer: unknown): Approval {
  const { approved, by, comment, edit } = (answer ?? {}) as Partial<Approval>;
  if (typeof approved !== "boolean") {
    throw new NodeValueError(path, `expected an answer { approved: true | false, … }, received ${describe(answer)}`);
  }
  return {
    approved,
    ...(by === undefined ? undefined : { by: String(by) }),
    ...(comment === undefined ? undefined : { comment: String(comment) }),
    ...(edit === undefined ? undefined : { edit: checked(path, schema, edit) }),
  };
}

/**
 * Checks the answers of a resume before anything runs, so that a wrong one changes nothing. Giving the same answer
 * again is allowed: who was not sure that it arrived may repeat it.
 * @throws NodeValueError when nothing waits at a path, or the answer does not fit.
 */
export function checkAnswers(
  plan: Plan,
  records: readonly CheckpointRecord[],
  answers: Readonly<Record<string, Approval>>,
): void {
  for (const [path, answer] of Object.entries(answers)) {
    const schema = approvalSchema(plan, path);
    const accepted = acceptAnswer(path, schema, answer);
    const record = records.find((kept) => kept.path === path);
    if (record?.status === "suspended") continue;
    if (record?.status === "ok" && isDeepStrictEqual(deserialize(record.value), accepted)) continue;
    const pending = records.filter((kept) => kept.status === "suspended").map((kept) => `\`${kept.path}\``);
    const why = record?.status === "ok" ? "it was answered differently before" : "nothing waits for an answer there";
    throw new NodeValueError(path, `${why}; waiting: ${pending.join(", ") || "none"}`);
  }
}

function approvalSchema(plan: Plan, path: string): ValueSchema<unknown> | undefined {
  const work = stepAt(plan, path)?.work;
  if (work?.kind === "approval") return work.schema;
  throw new NodeValueError(path, `workflow \`${plan.name}\` has no approval there`);
}

/** The step that a run's path stands for: `checks[3]/review` is step `review` of the workflow that `checks` maps. */
function stepAt(plan: Plan, path: string): Step | undefined {
  const [head = "", ...rest] = path.split("/");
  const step = plan.steps.find(({ name }) => name === head.replace(/\[\d+\]$/, ""));
  if (!step || rest.length === 0) return step;
  const { work } = step;
  switch (work.kind) {
    case "workflow":
      return stepAt(work.plan, rest.join("/"));
    case "map":
      return stepInside(work.body, rest);
    case "parallel":
      return stepInside(work.branches.find(({ name }) => name === rest[0])?.body, rest.slice(1));
    case "route":
      return stepInside(work.branches.get(rest[0]!)?.body, rest.slice(1));
    case "node":
    case "refine":
    case "approval":
      return undefined;
  }
}

function stepInside(body: PlanBody | undefined, rest: readonly string[]): Step | undefined {
  return body?.kind === "workflow" ? stepAt(body.plan, rest.join("/")) : undefined;
}
