import { z } from "zod";

const milliseconds = z.coerce.number().positive();

/** How the flow runs. Each optimization has its plain way beside it; the defaults are the optimized ones. */
export const settingsSchema = z.object({
  /** `parallel`: violation checks side by side. `sequential`: one after another. */
  checks: z
    .enum(["parallel", "sequential"])
    .default("parallel")
    .describe("violation checks side by side, or one by one"),
  /** How many of the retrieved sections are checked. */
  checkedHits: z.coerce.number().int().min(1).max(50).default(10).describe("how many retrieved sections are checked"),
  /** How many sections are retrieved. */
  hits: z.coerce.number().int().min(1).max(50).default(20).describe("how many sections are retrieved"),
  /** `tight`: smaller output budgets per step. */
  budgets: z.enum(["plain", "tight"]).default("tight").describe("output-token budgets per step"),
  /** `cached`: the model server is asked for its health every 30 s. `each`: before every inference. */
  healthChecks: z.enum(["cached", "each"]).default("cached").describe("when the model server is asked for its health"),
  /** `on`: knowledge-base queries are remembered for five minutes by the hash of the query. */
  cache: z.enum(["on", "off"]).default("on").describe("knowledge-base queries remembered for 5 minutes, or not"),
  inferenceTimeoutMs: milliseconds.default(45_000).describe("longest model call, milliseconds"),
  checkTimeoutMs: milliseconds.default(8_000).describe("longest violation check, milliseconds"),
});

export type FirSettings = z.output<typeof settingsSchema>;

/** Every optimization off: what the reference system did before, its timeouts included. */
export const plainSettings: FirSettings = {
  checks: "sequential",
  checkedHits: 20,
  hits: 20,
  budgets: "plain",
  healthChecks: "each",
  cache: "off",
  inferenceTimeoutMs: 30_000,
  checkTimeoutMs: 10_000,
};
