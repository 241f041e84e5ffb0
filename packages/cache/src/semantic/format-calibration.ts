import type { Calibration, ThresholdFigures } from "./calibrate.ts";

/** Lines of the table at most; a calibration has one for each pair. */
const mostRows = 20;

/** A calibration as a table for people, with the chosen threshold marked and what to make of it. */
export function formatCalibration(calibration: Calibration): string {
  const { figures, chosen, wantedPrecision, pairs, same, refusedSame } = calibration;
  const head = ["threshold", "hits", "wrong", "precision", "at least", "recall", "unverified precision", "recall"];
  const rows = sampled(figures, chosen).map((row) => [...cells(row), row === chosen ? " ←" : ""]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padStart(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  const verdict =
    chosen === undefined
      ? `No threshold reaches a precision of ${percent(wantedPrecision)}: leave the cache off, or embed with another model.`
      : `threshold: ${chosen.threshold} serves ${percent(chosen.recall)} of what it could, ${chosen.wrong} of ${chosen.hits} ` +
        `wrongly. From so few pairs follows a precision of at least ${percent(chosen.precisionAtLeast)}, with 95 % confidence.`;
  return [
    `${pairs} pairs, ${same} of them the same; verification refuses ${refusedSame} of these`,
    line(head),
    ...rows.map(line),
    verdict,
  ].join("\n");
}

function cells(row: ThresholdFigures): string[] {
  const { threshold, hits, wrong, precision, precisionAtLeast, recall, unverified } = row;
  return [
    threshold.toFixed(4),
    String(hits),
    String(wrong),
    ...[precision, precisionAtLeast, recall, unverified.precision, unverified.recall].map(percent),
  ];
}

/** Evenly chosen lines, the chosen threshold's always among them. */
function sampled(figures: readonly ThresholdFigures[], chosen: ThresholdFigures | undefined): ThresholdFigures[] {
  const step = Math.max(1, figures.length / mostRows);
  const indexes = new Set(
    Array.from({ length: Math.min(mostRows, figures.length) }, (_, row) => Math.floor(row * step)),
  );
  return figures.filter((row, index) => indexes.has(index) || row === chosen);
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
