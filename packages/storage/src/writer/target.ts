import type { BatchResult, Statement } from "./statement.ts";

/** Where batches are stored: on a thread of its own, or in place. One batch at a time. */
export interface WriteTarget {
  /**
   * Stores a batch. `lost` means that nobody knows what became of it; `gone` that this and later ones cannot be
   * stored at all. Never rejects.
   */
  apply(batch: readonly Statement[]): Promise<BatchResult | "lost" | "gone">;
  /** Asks for the write-ahead log to be copied into the file, when there is time. */
  checkpoint(): void;
  /** Ends it; resolves at the latest after about `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}
