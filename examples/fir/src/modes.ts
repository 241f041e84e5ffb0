import { type FirSettings, plainSettings, settingsSchema } from "./settings.ts";

/** One way to run the flow in a measurement. */
export interface Mode {
  readonly name: string;
  readonly settings: FirSettings;
  /** How often each complaint comes. Default: as seldom as the number of runs allows. */
  readonly times?: number;
}

const optimized = settingsSchema.parse({});

/**
 * The plain flow, then one optimization after the other, then all: so that the gain at an equal number of checks and
 * the gain by fewer checks stand apart.
 */
export const modes: Readonly<Record<string, Mode>> = {
  off: { name: "everything off: 20 checks one by one", settings: plainSettings },
  parallel: { name: "the same 20 checks side by side", settings: { ...plainSettings, checks: "parallel" } },
  "fewer-hits": { name: "10 checks one by one", settings: { ...plainSettings, checkedHits: 10 } },
  budgets: { name: "tight budgets", settings: { ...plainSettings, budgets: "tight" } },
  health: { name: "health checks cached 30 s", settings: { ...plainSettings, healthChecks: "cached" } },
  cache: {
    name: "knowledge-base queries cached, every complaint five times",
    settings: { ...plainSettings, cache: "on" },
    times: 5,
  },
  // Without the cache: in a measurement complaints come round again more often than at a desk.
  on: { name: "everything on: 10 checks side by side, tight budgets", settings: { ...optimized, cache: "off" } },
};
