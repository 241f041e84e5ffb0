import { type Clock, failureLog, type Logger, silentLogger, systemClock, toError } from "@flyball/core";
import type { Store } from "@flyball/storage";
import type { FlagDefinition, SegmentDefinition } from "../definition.ts";
import { type RulesetDocument, readRuleset } from "../exchange/document.ts";
import { patiently } from "../patiently.ts";
import { readHistory } from "../store/audit-log.ts";
import { flagStore } from "../store/flag-store.ts";
import type { Change, FlagAdmin, FlagProvider } from "../types.ts";
import { createRuleEngine } from "./rule-engine.ts";

export interface EmbeddedOptions {
  /** Opened with `flagMigrations`; it is never closed. */
  readonly store: Store;
  /** How often the file is asked for changes that other processes made, milliseconds. Default 250. */
  readonly pollMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Rules in the embedded database, decided by Unleash's own engine, with no server. */
export interface EmbeddedFlags extends FlagProvider, FlagAdmin {
  /** All rules in Unleash's own form. */
  export(): RulesetDocument;
  /** Takes over flags and segments of a document in Unleash's form, all or none. Flags it does not name stay. */
  import(document: unknown, change: Change): Promise<readonly string[]>;
}

/**
 * Opens the embedded provider; it is ready when this returns. A change made here is in force at once, one made by
 * another process on the machine after at most `pollMs`. A database that cannot be read leaves the rules as they are.
 */
export function createEmbeddedFlags(options: EmbeddedOptions): EmbeddedFlags {
  const { store, pollMs = 250, clock = systemClock } = options;
  const { database } = store;
  const failures = failureLog(options.logger ?? silentLogger);
  const rules = flagStore(database, failures);
  const engine = createRuleEngine(failures);
  const { ruleset } = engine;
  let freshAt = 0;
  let trouble: string | undefined;

  function refresh(): void {
    try {
      if (freshAt === 0 || String(rules.version()) !== ruleset.version) engine.apply(rules.read(), clock.now());
      freshAt = clock.now();
      trouble = undefined;
    } catch (error) {
      trouble = toError(error).message;
      failures.report("flag refresh", error);
    }
  }

  async function write<T>(work: () => T): Promise<T> {
    const value = await patiently(clock, work);
    refresh();
    return value;
  }

  refresh();
  const polling = clock.every(pollMs, refresh);

  return {
    name: "embedded",
    get version() {
      return ruleset.version;
    },
    get generation() {
      return ruleset.generation;
    },
    revocations: ruleset.revocations,
    evaluate: (flags, context) => engine.evaluate(flags, context),
    definition: (flag) => ruleset.definitions.get(flag),
    definitions: () => [...ruleset.definitions.values()],
    isLive: (flag) => ruleset.isLive(flag),
    onChange: (listener) => ruleset.onChange(listener),
    health: () => ({ healthy: trouble === undefined, freshAt, ...(trouble === undefined ? {} : { reason: trouble }) }),
    close: async () => {
      polling.cancel();
      engine.close();
    },

    get: async (flag) => ruleset.definitions.get(flag),
    list: async () => [...ruleset.definitions.values()],
    change: (flag, edit, change) => write(() => rules.change(flag, edit, change, clock.now())),
    history: async ({ flag, limit = 100 } = {}) => readHistory(database, flag, limit),
    export: () => ({
      version: 2,
      features: [...ruleset.definitions.values()],
      segments: [...ruleset.segments.values()],
    }),
    import: async (document, change) => {
      const { features, segments } = readRuleset(document);
      await write(() => rules.together(() => takeOver(features, segments, change)));
      return features.map(({ name }) => name);
    },
  };

  function takeOver(features: readonly FlagDefinition[], segments: readonly SegmentDefinition[], change: Change): void {
    rules.putSegments(segments);
    for (const feature of features) {
      rules.change(feature.name, () => feature, { action: "import", ...change }, clock.now());
    }
  }
}
