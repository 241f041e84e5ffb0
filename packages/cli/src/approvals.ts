import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Approval, PendingApproval } from "@flyball/engine";
import type { PipelineItem, ReadyPipeline } from "@flyball/sdk";
import { type Ask, askOnTerminal } from "./ask.ts";
import type { Progress } from "./progress/progress.ts";
import type { Terminal } from "./terminal.ts";

/** Who answers approvals of `flyball start`: the pipeline itself, or a person. */
export function createApprover(
  how: "auto" | "terminal",
  pipeline: Pick<ReadyPipeline<unknown, unknown, unknown>, "approve">,
  terminal: Terminal,
  progress: Progress,
  signal: AbortSignal,
): (pending: PendingApproval, item: PipelineItem<unknown>) => Approval | Promise<Approval> {
  if (how === "auto") {
    return (pending, item) => pipeline.approve?.(pending, item) ?? { approved: true, by: "automatic" };
  }
  const ask = askOnTerminal(signal);
  return terminalApprover(terminal, async (question) => {
    progress.pause();
    try {
      return await ask(question);
    } finally {
      progress.resume();
    }
  });
}

/** Answers one approval. */
export type Approver = (pending: PendingApproval) => Promise<Approval>;

/** Shows what waits and asks yes, no or edit, one question at a time even when several runs wait. */
export function terminalApprover(terminal: Terminal, ask: Ask, edit: (text: string) => string = editorEdit): Approver {
  let last: Promise<unknown> = Promise.resolve();
  return (pending) => {
    const answer = last.then(() => askOnce(terminal, ask, edit, pending));
    last = answer.catch(() => {});
    return answer;
  };
}

async function askOnce(
  terminal: Terminal,
  ask: Ask,
  edit: (text: string) => string,
  pending: PendingApproval,
): Promise<Approval> {
  let introduction = `\n${terminal.style("bold", pending.path)} waits for approval:\n${shown(pending.show)}\n`;
  for (;;) {
    const answer = (await ask(`${introduction}Approve? [y]es, [n]o, [e]dit: `)).trim().toLowerCase();
    introduction = "";
    if (answer === "y" || answer === "yes") return { approved: true, by: "terminal" };
    if (answer === "n" || answer === "no") return { approved: false, by: "terminal" };
    if (answer === "e" || answer === "edit")
      return { approved: true, by: "terminal", edit: edited(pending.show, edit) };
  }
}

/** What is shown for approval, as text. */
export function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
}

function edited(value: unknown, edit: (text: string) => string): unknown {
  const text = edit(shown(value));
  return typeof value === "string" ? text : JSON.parse(text);
}

/** The person's own editor, on a file of its own. */
function editorEdit(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "flyball-edit-"));
  const file = join(folder, "approval.txt");
  try {
    writeFileSync(file, text);
    const [program = "vi", ...parameters] = (process.env.VISUAL || process.env.EDITOR || "vi").split(" ");
    spawnSync(program, [...parameters, file], { stdio: "inherit" });
    return readFileSync(file, "utf8").replace(/\n$/, "");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
