/** What processes tell each other. Keys are storage keys, which are hashed: no content travels. */
export type Message = {
  /** Set by the bus. */
  readonly from?: string;
} & (
  | {
      readonly type: "ended";
      readonly key: string;
      /** `stored`: the answer can be read. `failed`: computing threw. `kept`: there is an answer, and only there. */
      readonly how: "stored" | "failed" | "kept";
      readonly errorType?: string;
    }
  | {
      readonly type: "invalidated";
      /** What was added to the count of all invalidations. */
      readonly step: number;
      /** Names and their new epochs. */
      readonly names: readonly (readonly [name: string, epoch: number])[];
      readonly keys: readonly string[];
      /** What was computed for the keys before this wall time holds no longer. */
      readonly before: number;
    }
);

/** Undefined for what is none of ours: others may publish on the channel, and versions differ during a rollout. */
export function parseMessage(text: string): Message | undefined {
  try {
    const message = JSON.parse(text) as Record<string, unknown>;
    if (message.type === "ended") {
      return typeof message.key === "string" ? (message as unknown as Message) : undefined;
    }
    const known =
      message.type === "invalidated" && Number.isSafeInteger(message.step) && Number.isFinite(message.before);
    return known && Array.isArray(message.names) && Array.isArray(message.keys)
      ? (message as unknown as Message)
      : undefined;
  } catch {
    return undefined;
  }
}
