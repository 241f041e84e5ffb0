/** What goes to and from a thread that holds one SQLite connection. Answers come in the order of the requests. */
export interface ThreadSettings {
  readonly path: string;
  readonly readOnly: boolean;
  readonly busyTimeoutMs: number;
  /** One number: the id of the request that is to stop. */
  readonly stop: Int32Array;
}

export type SqliteValue = string | number | bigint | Uint8Array | null;

export type ThreadRequest =
  | { readonly type: "check" | "rollback" | "close" }
  | { readonly type: "run" | "open"; readonly sql: string; readonly values: readonly SqliteValue[] }
  | { readonly type: "next"; readonly most: number };

export interface Numbered {
  readonly id: number;
  readonly request: ThreadRequest;
}

export interface ThreadFailure {
  readonly message: string;
  /** SQLite's extended result code. */
  readonly errcode: number | undefined;
  /** Node's code. */
  readonly code: string | undefined;
}

export interface ThreadAnswer {
  readonly id: number;
  readonly rows?: object[];
  readonly changes?: number;
  readonly failure?: ThreadFailure;
}
