import type { OperationKind } from "../outcome.ts";

/** `gen_ai.operation.name` of kinds that have one. A model call says its own (`chat`, `text_completion`, …). */
export const operationNames: Partial<Record<OperationKind, string>> = {
  run: "invoke_workflow",
  model: "chat",
  embedding: "embeddings",
  retrieval: "retrieval",
  tool: "execute_tool",
};

/**
 * A span's name, low-cardinality. `what` is the model for models and embeddings and the operation's own name for
 * everything else; `operation` overrides the kind's `gen_ai.operation.name`.
 */
export function spanName(kind: OperationKind, what: string, operation?: string): string {
  const known = operation ?? operationNames[kind];
  if (known !== undefined && kind in operationNames) return `${known} ${what}`;
  return kind === "http" ? what : `flyball.${kind} ${what}`;
}
