import { FlyballError } from "@flyball/core";

/** A graph cannot be built: a name used twice, an unknown dependency, a cycle, an option out of range. */
export class WorkflowError extends FlyballError {
  constructor(workflow: string, problem: string) {
    super("workflow_invalid", `Workflow ${JSON.stringify(workflow)}: ${problem}`, { subject: workflow });
  }
}

/** A node returned something that cannot be kept: its schema refused it, or a checkpoint could not bring it back. */
export class NodeValueError extends FlyballError {
  constructor(path: string, problem: string, cause?: unknown) {
    super("node_value_invalid", `Node \`${path}\`: ${problem}`, { subject: path, cause });
  }
}

/** A person refused an approval whose `onReject` is `fail`. */
export class ApprovalRejectedError extends FlyballError {
  readonly by: string | undefined;
  readonly comment: string | undefined;

  constructor(path: string, answer: { readonly by?: string; readonly comment?: string }) {
    const by = answer.by === undefined ? "" : ` by ${answer.by}`;
    const comment = answer.comment === undefined ? "" : `: ${answer.comment}`;
    super("approval_rejected", `Approval \`${path}\` was refused${by}${comment}`, { subject: path });
    this.by = answer.by;
    this.comment = answer.comment;
  }
}

/** A checkpoint store did not do what it was asked. The run goes on unless `durability` is `required`. */
export class CheckpointError extends FlyballError {
  constructor(subject: string, problem: string, cause?: unknown) {
    super("checkpoint_failed", problem, { subject, cause });
  }
}

/** Why a run was refused before anything ran. */
export type RefusalReason =
  | "run_exists"
  | "run_unknown"
  | "run_claimed"
  | "graph_changed"
  | "answer_invalid"
  | "input_invalid"
  | "checkpoints_missing"
  | "checkpoints_unavailable"
  | "engine_closed";

/** A run was refused before anything ran; what is stored of it stays as it was. */
export class RunRefusedError extends FlyballError {
  constructor(reason: RefusalReason, runId: string, problem: string, cause?: unknown) {
    super(reason, problem, { subject: runId, cause });
  }
}
