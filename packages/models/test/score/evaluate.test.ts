import { fakeClock } from "@flyball/core";
import { createTelemetry, type Outcome } from "@flyball/telemetry";
import { describe, expect, it } from "vitest";
import { evaluate, recordScore } from "../../src/score/evaluate.ts";
import { goldScorer } from "../../src/score/gold.ts";
import type { Scorer } from "../../src/score/types.ts";

function listening() {
  const clock = fakeClock();
  const telemetry = createTelemetry({ clock });
  const outcomes: Outcome[] = [];
  telemetry.subscribe((outcome) => outcomes.push(outcome));
  return { clock, telemetry, outcomes };
}

const answer = { answer: "a cow", gold: "a cow" };

describe("scores as outcomes", () => {
  it("have the kind evaluation, the score's name and its labels", () => {
    const { telemetry, outcomes } = listening();
    recordScore(
      telemetry,
      { name: "human_feedback", score: 1, label: "up" },
      { labels: { step: "summary" }, durationMs: 3 },
    );
    expect(outcomes).toMatchObject([
      {
        kind: "evaluation",
        name: "human_feedback",
        status: "ok",
        durationMs: 3,
        quality: [{ name: "human_feedback", score: 1, label: "up" }],
        labels: { step: "summary" },
      },
    ]);
  });

  it("belong to the operation that is judged, and to its run", async () => {
    const { telemetry, outcomes } = listening();
    const run = { runId: "r1", workflow: "fir" };
    await telemetry.trace({ kind: "run", name: "fir", run }, async (operation) => {
      await evaluate([goldScorer("token_f1")], answer, { telemetry });
      recordScore(telemetry, { name: "later", score: 0 }, { of: operation });
    });
    const [inside, later, whole] = outcomes;
    expect(inside).toMatchObject({ name: "token_f1", parentSpanId: whole?.spanId, traceId: whole?.traceId, run });
    expect(later).toMatchObject({ name: "later", parentSpanId: whole?.spanId, traceId: whole?.traceId });
  });

  it("leave the explanation out, which may quote what was judged, unless told", () => {
    const { telemetry, outcomes } = listening();
    const score = { name: "rubric", score: 0.5, explanation: "It says that Asha lost her ring" };
    recordScore(telemetry, score);
    recordScore(telemetry, score, { explanation: true });
    expect(outcomes.map(({ quality }) => quality?.[0]?.explanation)).toEqual([undefined, score.explanation]);
  });
});

describe("evaluating", () => {
  const slow = (name: string, clock: ReturnType<typeof fakeClock>, ms: number): Scorer => ({
    name,
    async score() {
      await clock.sleep(ms);
      return { name, score: 0.5 };
    },
  });
  const failing: Scorer = { name: "failing", score: () => Promise.reject(new Error("judge down")) };

  it("runs scorers at once, keeps their order and times each", async () => {
    const { clock, telemetry, outcomes } = listening();
    const evaluation = evaluate([slow("slow", clock, 50), slow("quick", clock, 10)], answer, { telemetry, clock });
    await clock.advance(50);
    expect((await evaluation).scores.map(({ name }) => name)).toEqual(["slow", "quick"]);
    expect(outcomes.map(({ name, durationMs }) => [name, durationMs])).toEqual([
      ["quick", 10],
      ["slow", 50],
    ]);
  });

  it("loses only the scorer that fails, and records it as an error without a score", async () => {
    const { telemetry, outcomes } = listening();
    const { scores, failures } = await evaluate([failing, goldScorer("exact_match")], answer, { telemetry });
    expect(scores).toEqual([{ name: "exact_match", score: 1 }]);
    expect(failures).toMatchObject([{ scorer: "failing", error: { message: "judge down" } }]);
    const failed = outcomes.find(({ name }) => name === "failing");
    expect(failed).toMatchObject({ kind: "evaluation", status: "error" });
    expect(failed?.quality).toBeUndefined();
  });
});
