import { type EmulatorProfile, type EmulatorProfileInput, parseProfile } from "./profile.ts";

// Each profile is fitted to the step times that its reference system reported with every optimization off. One
// latency model serves all steps of a model: what makes steps differ is their token counts alone, so an optimization
// that saves tokens, calls or waiting gains exactly what it would gain there, and nothing is tuned per step.

/**
 * Police complaint to report on a local 7B server: two slots, summaries and narratives of 3–4 s, a check with its health check 0.75 s. Input
 * tokens are the means over the example's held-out complaints.
 */
const fir: EmulatorProfileInput = {
  name: "fir",
  description: "A local 7B model server with two slots, as the FIR reference ran it",
  latency: { baseMs: 325, perInputTokenMs: 0.6, perOutputTokenMs: 19.3 },
  // Asked once per inference by the plain flow, it makes the 2–3 s a request that the reference saved by caching it.
  healthMs: 110,
  embeddings: { baseMs: 120, perInputTokenMs: 0.5 },
  concurrency: { limit: 2, queue: 256 },
  steps: [
    { name: "summary", inputTokens: 333, outputTokens: 120, referenceMs: [3000, 4000] },
    // Twenty of these one after another, each with its health check, are the reference's 15 s.
    { name: "check", inputTokens: 396, outputTokens: 4, referenceMs: [590, 690] },
    { name: "narrative", inputTokens: 275, outputTokens: 180, referenceMs: [3000, 4000] },
  ],
};

/** Question answering by two models: 8–15 s a query, 43 s the first because both models load. */
const answers: EmulatorProfileInput = {
  name: "answers",
  description: "An extraction and a formatting model that load on first use",
  latency: { baseMs: 600, perInputTokenMs: 1, perOutputTokenMs: 20, loadMs: 16_000 },
  concurrency: { limit: 8, queue: 256 },
  steps: [
    { name: "extraction", inputTokens: 1500, outputTokens: 150, referenceMs: [4000, 7500] },
    { name: "formatting", inputTokens: 600, outputTokens: 250, referenceMs: [4000, 7500] },
  ],
};

/** Adaptive questions on a hosted model: calls are mostly overhead, so ten questions in one call cost little more. */
const questionnaire: EmulatorProfileInput = {
  name: "questionnaire",
  description: "A hosted model whose calls are dominated by their overhead",
  latency: { baseMs: 1700, perInputTokenMs: 1, perOutputTokenMs: 3 },
  concurrency: { limit: 64, queue: 1024 },
  steps: [
    { name: "one question", inputTokens: 650, outputTokens: 40, referenceMs: [2500, 2500] },
    { name: "ten questions", inputTokens: 650, outputTokens: 250, referenceMs: [3000, 3000] },
    { name: "quality evaluation", inputTokens: 650, outputTokens: 50, referenceMs: [2500, 2500] },
    { name: "answer generation", inputTokens: 150, outputTokens: 50, referenceMs: [2000, 2000] },
  ],
};

/** Company analysis on a hosted model: 2.5 s a call, 10 calls a second with a burst of 20 before 429. */
const consulting: EmulatorProfileInput = {
  name: "consulting",
  description: "A hosted model with a rate limit",
  latency: { baseMs: 500, perInputTokenMs: 0.5, perOutputTokenMs: 20 },
  concurrency: { limit: 64, queue: 1024 },
  rate: { perSecond: 20, burst: 40 },
  steps: [{ name: "model call", inputTokens: 800, outputTokens: 80, referenceMs: [2500, 2500] }],
};

/** Retrieval-augmented chat on one machine: about a second an answer, so that 1.2 s holds at p95 under normal load. */
const assistant: EmulatorProfileInput = {
  name: "assistant",
  description: "A small hosted chat model",
  latency: { baseMs: 250, perInputTokenMs: 0.2, perOutputTokenMs: 7 },
  embeddings: { baseMs: 40, perInputTokenMs: 0.05 },
  concurrency: { limit: 128, queue: 2048 },
  steps: [{ name: "chat answer", inputTokens: 800, outputTokens: 80, referenceMs: [800, 1200] }],
};

/** The profiles that come with Flyball, by name. */
export const emulatorProfiles: Readonly<Record<string, EmulatorProfile>> = Object.fromEntries(
  [fir, answers, questionnaire, consulting, assistant].map((input) => [input.name, parseProfile(input)]),
);
