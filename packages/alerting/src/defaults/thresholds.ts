/** Where the default rules draw their lines. */
export interface Thresholds {
  /** p95 of a run. Default 30: twice what a reader of a spinner waits, and what document generation promises. */
  readonly runSeconds: number;
  /** Default 0.05. */
  readonly runErrorRate: number;
  /** p95 of a model call. Default 20: under half of the usual timeout of 45. */
  readonly modelSeconds: number;
  /** Tries beyond the first, out of calls. Default 0.1. */
  readonly retryRate: number;
  /** US dollars an hour. Default 5. */
  readonly hourlyUsd: number;
  /** US dollars a day. Default 50. */
  readonly dailyUsd: number;
  /** US dollars a run. Default 0.25. */
  readonly runUsd: number;
  /** Default 0.5. */
  readonly cacheHitRate: number;
  /** Mean score, 0 to 1. Default 0.7. */
  readonly qualityScore: number;
  /** Second and later turns, out of all node executions. Default 0.3. */
  readonly refinementRate: number;
  /** Default 0.6. */
  readonly firstPassRate: number;
  /** Default 0.1. */
  readonly scoringErrorRate: number;
}

export const defaultThresholds: Thresholds = {
  runSeconds: 30,
  runErrorRate: 0.05,
  modelSeconds: 20,
  retryRate: 0.1,
  hourlyUsd: 5,
  dailyUsd: 50,
  runUsd: 0.25,
  cacheHitRate: 0.5,
  qualityScore: 0.7,
  refinementRate: 0.3,
  firstPassRate: 0.6,
  scoringErrorRate: 0.1,
};
