/** What Flyball needs of a logger; a pino logger fits as it is. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing. The default inside libraries: Flyball writes no line that nobody asked for. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Counts failures by cause and logs each cause once, so that a broken sink cannot flood a log. */
export interface FailureLog {
  /** Counts one failure of `cause`; logs it if it is the first of that cause. Never throws. */
  report(cause: string, error: unknown): void;
  /** Failures counted so far, by cause. */
  readonly counts: ReadonlyMap<string, number>;
}

/** `maxCauses` bounds the memory (default 100); further causes count under `other`. */
export function failureLog(logger: Logger, maxCauses = 100): FailureLog {
  const counts = new Map<string, number>();
  return {
    counts,
    report(cause, error) {
      const key = counts.has(cause) || counts.size < maxCauses ? cause : "other";
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count > 1) return;
      try {
        logger.warn({ cause: key, err: error }, `flyball: ${key} failed; counted from now on, not logged again`);
      } catch {
        // A logger that throws must not reach the pipeline; the count above is kept.
      }
    },
  };
}
