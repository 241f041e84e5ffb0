type BucketSet =
  | "client"
  | "tokens"
  | "workflow"
  | "run"
  | "timeToFirstToken"
  | "timePerOutputToken"
  | "storage"
  | "http"
  | "score";

/** Buckets, seconds unless named otherwise. */
export const buckets: Readonly<Record<BucketSet, readonly number[]>> = {
  /** The conventions' advice for client operations. */
  client: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
  /** Tokens: powers of 4. */
  tokens: [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864],
  workflow: [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200],
  /** Runs end within milliseconds on a small model and within hours when a person approves. */
  run: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 25, 30, 60, 120, 300, 600, 1800, 3600],
  timeToFirstToken: [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  timePerOutputToken: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
  /** Caches and databases answer in fractions of a millisecond. */
  storage: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  http: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  /** Scores between 0 and 1. */
  score: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
};
