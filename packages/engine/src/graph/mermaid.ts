import type { Branch, Plan, Step } from "./plan.ts";

/**
 * The graph as a mermaid flowchart: boxes for functions, hexagons for approvals, rounded boxes for refinement loops,
 * and a frame around what has branches or a workflow inside.
 */
export function mermaid(plan: Plan): string {
  const drawing: Drawing = { lines: ["flowchart TD"], ids: 0 };
  drawPlan(drawing, plan, "  ");
  return `${drawing.lines.join("\n")}\n`;
}

interface Drawing {
  readonly lines: string[];
  ids: number;
}

function drawPlan(drawing: Drawing, plan: Plan, indent: string): void {
  const ids = plan.steps.map((step) => drawStep(drawing, step, indent));
  for (const step of plan.steps) {
    // A condition stands on the edges that lead to it; a dotted edge may not be taken.
    const arrow = step.when ? "-.->" : "-->";
    for (const before of step.after) drawing.lines.push(`${indent}${ids[before]} ${arrow} ${ids[step.index]}`);
  }
}

/** Draws a step and returns the id that edges use. */
function drawStep(drawing: Drawing, step: Step, indent: string): string {
  const { work, name } = step;
  switch (work.kind) {
    case "node":
      return drawShape(drawing, indent, "[", name, "]");
    case "approval":
      return drawShape(drawing, indent, "{{", name, "}}");
    case "refine":
      return drawShape(drawing, indent, "([", `${name}, at most ${work.maxIterations} times`, "])");
    case "map":
      return work.body.kind === "function"
        ? drawShape(drawing, indent, "[[", `${name}, each item`, "]]")
        : drawFrame(drawing, indent, `${name}, each item`, nestedBranch(work.body.plan));
    case "workflow":
      return drawFrame(drawing, indent, name, nestedBranch(work.plan));
    case "parallel":
      return drawFrame(drawing, indent, name, work.branches);
    case "route":
      return drawFrame(drawing, indent, `${name}, one of`, [...work.branches.values()]);
  }
}

function nestedBranch(plan: Plan): readonly Branch[] {
  return [{ name: "", body: { kind: "workflow", plan } }];
}

function drawFrame(drawing: Drawing, indent: string, title: string, branches: readonly Branch[]): string {
  const id = nextId(drawing);
  drawing.lines.push(`${indent}subgraph ${id}["${escapeLabel(title)}"]`);
  for (const { name, body } of branches) {
    if (body.kind === "function") drawShape(drawing, `${indent}  `, "[", name, "]");
    else if (name === "") drawPlan(drawing, body.plan, `${indent}  `);
    else drawFrame(drawing, `${indent}  `, name, nestedBranch(body.plan));
  }
  drawing.lines.push(`${indent}end`);
  return id;
}

function drawShape(drawing: Drawing, indent: string, open: string, label: string, close: string): string {
  const id = nextId(drawing);
  drawing.lines.push(`${indent}${id}${open}"${escapeLabel(label)}"${close}`);
  return id;
}

/** Names may hold what mermaid takes for syntax, so that ids are numbers. */
function nextId(drawing: Drawing): string {
  drawing.ids++;
  return `n${drawing.ids}`;
}

function escapeLabel(label: string): string {
  return label.replaceAll("#", "#35;").replaceAll('"', "#quot;").replaceAll("<", "#lt;").replaceAll(">", "#gt;");
}
