/** A rule or a part of it that Prometheus has no series or no words for. */
export class NotExportable extends Error {}

/** A Prometheus duration of whole minutes: `15m`, `6h`, `3d`. */
export function durationOf(minutes: number): string {
  if (minutes % 1_440 === 0) return `${minutes / 1_440}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}
