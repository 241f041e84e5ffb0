import type { FaultKind } from "./faults.ts";

/** What an emulator counted since it was made. */
export interface EmulatorStats {
  readonly profile: string;
  readonly seed: number;
  /** Real milliseconds per reference millisecond. */
  readonly timeScale: number;
  /** Chat and embedding requests that arrived. */
  readonly requests: number;
  /** Requests answered in full with 200. */
  readonly answered: number;
  /** Requests refused with 429, by the rate limit or because the queue was full; injected ones are under `faults`. */
  readonly refused: number;
  /** Requests whose caller went away before the end. */
  readonly abandoned: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly inputTokens: number;
  /** Part of `inputTokens` that the prompt cache held. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Being served now, and the most at once. */
  readonly inFlight: number;
  readonly inFlightPeak: number;
  /** The most that waited for a slot at once. */
  readonly waitingPeak: number;
  /** TCP connections that callers opened. */
  readonly connections: number;
  /** Answers that the inner provider gave later than the profile planned: their latency is too long. */
  readonly overruns: number;
}

/** The counters behind the stats. */
export type Counters = { -readonly [Name in keyof Omit<EmulatorStats, "faults">]: EmulatorStats[Name] } & {
  faults: Record<FaultKind, number>;
};

export function createCounters(profile: string, seed: number, timeScale: number): Counters {
  return {
    profile,
    seed,
    timeScale,
    requests: 0,
    answered: 0,
    refused: 0,
    abandoned: 0,
    faults: { rate_limited: 0, server_error: 0, hang: 0, half_stream: 0, garbage: 0, reset: 0, slow: 0 },
    inputTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
    inFlight: 0,
    inFlightPeak: 0,
    waitingPeak: 0,
    connections: 0,
    overruns: 0,
  };
}
