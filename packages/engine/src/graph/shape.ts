import { createHash } from "node:crypto";
import type { Branch, PlanBody, Step } from "./plan.ts";

/**
 * A hash of what a resumed run depends on: the nodes' names, kinds and edges, branches and nested workflows included.
 * Functions' code is not part of it, so that a fixed node may go on with a run that it failed.
 */
export function shapeOf(name: string, steps: readonly Step[]): string {
  const shape = [name, steps.map(stepShape).sort()];
  return createHash("sha256").update(JSON.stringify(shape)).digest("hex").slice(0, 16);
}

function stepShape(step: Step, _index: number, steps: readonly Step[]): string {
  const after = step.after.map((index) => steps[index]!.name).sort();
  return JSON.stringify([step.name, step.work.kind, after, inside(step)]);
}

function inside({ work }: Step): unknown {
  switch (work.kind) {
    case "node":
    case "refine":
    case "approval":
      return undefined;
    case "parallel":
      return [work.partial, branchesShape(work.branches)];
    case "route":
      return branchesShape([...work.branches.values()]);
    case "map":
      return [work.partial, bodyShape(work.body)];
    case "workflow":
      return work.plan.shape;
  }
}

/** Branches have names, and no order. */
function branchesShape(branches: readonly Branch[]): readonly string[] {
  return branches.map(({ name, body }) => JSON.stringify([name, bodyShape(body)])).sort();
}

function bodyShape(body: PlanBody): unknown {
  return body.kind === "workflow" ? body.plan.shape : body.kind;
}
