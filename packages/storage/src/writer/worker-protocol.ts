import type { Statement } from "./statement.ts";

/** What the writer thread is started with. */
export interface WorkerSettings {
  readonly path: string;
  readonly busyTimeoutMs: number;
}

/** What the writer thread is asked for. Only a batch is answered, with a BatchResult. */
export type WorkerRequest =
  | { readonly type: "batch"; readonly statements: readonly Statement[] }
  | { readonly type: "checkpoint" }
  | { readonly type: "close" };
