import type { Flyball } from "@flyball/sdk";
import type { Report } from "./report.ts";
import type { Violations } from "./violations.ts";

/** What of the example's own is on `/metrics`, beside the times of runs, nodes and model calls that Flyball measures. */
export interface DocumentStatistics {
  /** A report was written. */
  written(report: Report, violations: Violations): void;
  /** A run ended without one. */
  missed(status: string): void;
}

export function documentStatistics(meter: Flyball["meter"]): DocumentStatistics {
  const documents = meter.createCounter("fir_documents_total", {
    description: "Runs by how they ended: completed with a report, or without one.",
  });
  const size = meter.createHistogram("fir_document_bytes", {
    description: "Length of a report in Markdown.",
    unit: "By",
    advice: { explicitBucketBoundaries: [1_000, 2_000, 4_000, 8_000, 16_000, 32_000] },
  });
  const sections = meter.createCounter("fir_sections_total", {
    description: "Sections of law by the result of their check.",
  });
  return {
    written(report, { applying, notApplying, failed }) {
      documents.add(1, { status: "completed" });
      size.record(Buffer.byteLength(report.markdown));
      sections.add(applying.length, { result: "applies" });
      sections.add(notApplying, { result: "does_not_apply" });
      sections.add(failed.length, { result: "unchecked" });
    },
    missed: (status) => documents.add(1, { status }),
  };
}
