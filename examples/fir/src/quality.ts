import { evaluate, goldScorer, pooledSetScores, recordScore, type SetScores, setScores } from "@flyball/models";
import type { Telemetry } from "@flyball/telemetry";
import type { Complaint } from "./data.ts";

/** What the flow produced for one complaint, to be held against its gold. */
export interface Produced {
  readonly summary: string;
  /** Ids of the sections that were found to apply. */
  readonly violations: readonly string[];
}

/** Scores of everything that was run, held-out complaints apart: the shipped model was not trained on those. */
export interface Scoreboard {
  add(complaint: Complaint, produced: Produced): Promise<void>;
  /** A few lines for people; undefined when nothing was scored. */
  describe(): string | undefined;
  /** Pooled over all violations of all complaints, or of the held-out ones only. */
  violations(heldOutOnly?: boolean): SetScores;
}

/** Records each score as an outcome of kind `evaluation`, so that it can be watched and alerted on like the rest. */
export function createScoreboard(telemetry: Telemetry): Scoreboard {
  const pairs: { heldOut: boolean; predicted: readonly string[]; gold: readonly string[]; summary: number }[] = [];
  const summaryScorer = goldScorer("rouge_l");
  const scored = (heldOutOnly: boolean) => pairs.filter((pair) => pair.heldOut || !heldOutOnly);

  function line(name: string, heldOutOnly: boolean): string {
    const { precision, recall, f1 } = pooledSetScores(scored(heldOutOnly));
    const summaries = scored(heldOutOnly).map((pair) => pair.summary);
    const rouge = summaries.reduce((sum, score) => sum + score, 0) / summaries.length;
    const numbers = [precision, recall, f1, rouge].map((value) => value.toFixed(2).padStart(9)).join("");
    return `  ${name.padEnd(24)}${numbers}`;
  }

  return {
    async add(complaint, produced) {
      const f1 = setScores(produced.violations, complaint.violations).f1;
      recordScore(telemetry, { name: "violations_f1", score: f1 });
      const sample = { answer: produced.summary, gold: complaint.summary };
      const { scores } = await evaluate([summaryScorer], sample, { telemetry });
      pairs.push({
        heldOut: complaint.heldOut,
        predicted: produced.violations,
        gold: complaint.violations,
        summary: scores[0]?.score ?? 0,
      });
    },
    violations: (heldOutOnly = false) => pooledSetScores(scored(heldOutOnly)),
    describe() {
      if (pairs.length === 0) return undefined;
      const heading = `violations against gold  ${["precision", "recall", "F1", "summary"].map((word) => word.padStart(9)).join("")}`;
      const lines = [heading, line(`all ${pairs.length}`, false)];
      if (scored(true).length > 0) lines.push(line(`held out ${scored(true).length}`, true));
      return lines.join("\n");
    },
  };
}
