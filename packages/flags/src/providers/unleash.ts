import { createHash } from "node:crypto";
import { type Clock, failureLog, type Logger, silentLogger, systemClock, toError } from "@flyball/core";
import type { Store } from "@flyball/storage";
import { type ClientFeaturesResponse, InMemStorageProvider, Unleash, type UnleashConfig } from "unleash-client";
import { type FlagDefinition, readDefinition } from "../definition.ts";
import { storedBackup } from "../store/backup.ts";
import type { FlagEvaluation, FlagProvider } from "../types.ts";
import { createRuleEngine } from "./rule-engine.ts";

export interface UnleashOptions {
  /** The server's client API, ending in `/api`. */
  readonly url: string;
  /** A client token; it names the environment. */
  readonly token: string;
  /** As which application this process appears on the server. Default `flyball`. */
  readonly appName?: string;
  /** How often the server is asked for changes, milliseconds. Default 5,000. */
  readonly refreshMs?: number;
  /** How long starting waits for the first rules, milliseconds. Default 2,000. */
  readonly startTimeoutMs?: number;
  /** Longest time of one request, milliseconds. Default 5,000. */
  readonly timeoutMs?: number;
  /** How often the server is told which flags were used, milliseconds. Default 60,000; 0 never tells. */
  readonly metricsMs?: number;
  /** Keeps what the server last said, for a start without it. Opened with `flagMigrations`. */
  readonly store?: Store;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * Rules of an Unleash server, fetched by its own client. Resolves with the server's rules; without an answer in time,
 * with those it last gave, or with none, and goes on asking: flags then have their defaults. An answer that makes no
 * sense leaves the rules as they are. Never rejects.
 */
export async function createUnleashFlags(options: UnleashOptions): Promise<FlagProvider> {
  const { url, token, appName = "flyball", refreshMs = 5_000, startTimeoutMs = 2_000, timeoutMs = 5_000 } = options;
  const { metricsMs = 60_000, store, clock = systemClock } = options;
  const failures = failureLog(options.logger ?? silentLogger);
  const engine = createRuleEngine(failures);
  const { ruleset } = engine;
  let freshAt = 0;
  let trouble: string | undefined = "no rules have come yet";

  const client = new Unleash({
    appName,
    url,
    customHeaders: { Authorization: token },
    refreshInterval: refreshMs,
    timeout: timeoutMs,
    metricsInterval: metricsMs,
    disableMetrics: metricsMs === 0,
    disableAutoStart: true,
    skipInstanceCountWarning: true,
    storageProvider: store
      ? storedBackup(store, url, clock, failures)
      : new InMemStorageProvider<ClientFeaturesResponse>(),
  } satisfies UnleashConfig);

  function take(fromServer: boolean): void {
    const given = client.getFeatureToggleDefinitions(true) ?? [];
    const definitions = given.flatMap((feature) => read(feature as unknown as FeatureWithSegments));
    const version = createHash("sha256").update(JSON.stringify(definitions)).digest("base64url").slice(0, 12);
    // What comes in every few seconds is mostly what was there: no new generation for that.
    if (version !== ruleset.version) engine.apply({ version, definitions, segments: [] }, clock.now());
    if (fromServer) fresh();
  }

  /** A flag that makes no sense stays as it was. */
  function read(feature: FeatureWithSegments): FlagDefinition[] {
    try {
      return [readDefinition(withInlineSegments(feature), `flags.${feature.name}`)];
    } catch (error) {
      failures.report("flag definition", error);
      const known = ruleset.definitions.get(feature.name);
      return known ? [known] : [];
    }
  }

  function fresh(): void {
    freshAt = clock.now();
    trouble = undefined;
  }

  const { promise: first, resolve: started } = Promise.withResolvers<void>();
  client.on("ready", () => take(false));
  client.on("changed", () => {
    take(true);
    started();
  });
  client.on("unchanged", fresh);
  client.on("error", (error) => {
    trouble = toError(error).message;
    failures.report("unleash server", error);
  });
  client.on("warn", (warning) => {
    trouble = toError(warning).message;
    failures.report("unleash server", warning);
  });
  client.start().catch((error) => failures.report("unleash server", error));
  const waiting = clock.after(startTimeoutMs, started);
  // Timers of the clock keep no process alive, and neither do the client's; whoever awaits this must not be left.
  const alive = setInterval(() => {}, 2 ** 30);
  await first.finally(() => clearInterval(alive));
  waiting.cancel();

  return {
    name: "unleash",
    get version() {
      return ruleset.version;
    },
    get generation() {
      return ruleset.generation;
    },
    revocations: ruleset.revocations,
    evaluate(flags, context) {
      const evaluations = engine.evaluate(flags, context);
      if (metricsMs > 0) for (const evaluation of evaluations) tell(evaluation);
      return evaluations;
    },
    definition: (flag) => ruleset.definitions.get(flag),
    definitions: () => [...ruleset.definitions.values()],
    isLive: (flag) => ruleset.isLive(flag),
    onChange: (listener) => ruleset.onChange(listener),
    health: () => ({ healthy: trouble === undefined, freshAt, ...(trouble === undefined ? {} : { reason: trouble }) }),
    close: async () => {
      client.destroy();
      engine.close();
    },
  };

  /** The server's pages show which flags and variants are in use. */
  function tell({ flag, arm, variant }: FlagEvaluation): void {
    client.count(flag, arm !== "off");
    client.countVariant(flag, variant);
  }
}

/** A feature as the client gives it: segments in place of their ids, undefined where one is missing. */
interface FeatureWithSegments {
  readonly name: string;
  readonly strategies?: readonly {
    readonly constraints?: readonly unknown[];
    readonly segments?: readonly ({ readonly constraints?: readonly unknown[] } | undefined)[];
  }[];
}

/** No rule set has a segment of this id: a strategy that asks for it does not apply. */
const missingSegment = -1;

function withInlineSegments(feature: FeatureWithSegments): unknown {
  const strategies = feature.strategies?.map(({ segments = [], constraints = [], ...rest }) => ({
    ...rest,
    constraints: [...constraints, ...segments.flatMap((segment) => segment?.constraints ?? [])],
    ...(segments.includes(undefined) ? { segments: [missingSegment] } : {}),
  }));
  return { ...feature, strategies };
}
