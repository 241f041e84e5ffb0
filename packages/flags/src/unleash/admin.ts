import { isDeepStrictEqual } from "node:util";
import { type Clock, failureLog, type Logger, silentLogger, systemClock } from "@flyball/core";
import type { Store } from "@flyball/storage";
import {
  type DependencyDefinition,
  type FlagDefinition,
  readDefinition,
  type SegmentDefinition,
  type StrategyDefinition,
} from "../definition.ts";
import { FlagChangeError } from "../errors.ts";
import { readRuleset } from "../exchange/document.ts";
import { patiently } from "../patiently.ts";
import { readHistory, writeHistory } from "../store/audit-log.ts";
import type { Change, FlagAdmin, HistoryEntry } from "../types.ts";
import { type UnleashApi, unleashApi } from "./api.ts";

export interface UnleashAdminOptions {
  /** The server's API, ending in `/api`. */
  readonly url: string;
  /** An admin or personal token: it must be allowed to change flags. */
  readonly token: string;
  /** Default `default`. */
  readonly project?: string;
  /** Default `development`. */
  readonly environment?: string;
  /** Where who, why and figures are kept, for which Unleash's own log has no room. Opened with `flagMigrations`. */
  readonly store?: Store;
  /** Longest time of one request, milliseconds. Default 5,000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * Changes flags on an Unleash server by its admin API. The API has no transactions: a flag is switched off before
 * its rules change and switched on after, and of two who change one flag at the same moment the later one stands.
 */
export interface UnleashAdmin extends FlagAdmin {
  /** Takes over flags and segments of a document in Unleash's form. Segments are known by their names. */
  import(document: unknown, change: Change): Promise<readonly string[]>;
}

interface ServerStrategy extends StrategyDefinition {
  readonly id: string;
  readonly disabled?: boolean;
}
interface ServerFeature {
  readonly name: string;
  readonly type?: string;
  readonly description?: string | null;
  readonly stale?: boolean;
  readonly archived?: boolean;
  readonly dependencies?: readonly DependencyDefinition[];
}
interface ServerEnvironment {
  readonly enabled: boolean;
  readonly strategies?: readonly ServerStrategy[];
}
interface ServerEvent {
  readonly type: string;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly featureName?: string;
}

interface Found {
  readonly definition: FlagDefinition;
  readonly strategyIds: readonly string[];
}

export function createUnleashAdmin(options: UnleashAdminOptions): UnleashAdmin {
  const { url, token, project = "default", environment = "development", store, timeoutMs = 5_000 } = options;
  const { clock = systemClock } = options;
  const failures = failureLog(options.logger ?? silentLogger);
  const api: UnleashApi = unleashApi(url, token, timeoutMs);
  const features = `admin/projects/${encodeURIComponent(project)}/features`;
  const featurePath = (flag: string): string => `${features}/${encodeURIComponent(flag)}`;
  const environmentPath = (flag: string): string =>
    `${featurePath(flag)}/environments/${encodeURIComponent(environment)}`;

  async function find(flag: string): Promise<Found | undefined> {
    const feature = await api.call<ServerFeature>("GET", featurePath(flag));
    if (!feature || feature.archived) return undefined;
    const state = await api.call<ServerEnvironment>("GET", environmentPath(flag));
    const strategies = (state?.strategies ?? []).filter(({ disabled }) => !disabled);
    const definition = readDefinition(
      {
        name: feature.name,
        ...(feature.type === undefined ? {} : { type: feature.type }),
        ...(feature.description ? { description: feature.description } : {}),
        ...(feature.stale ? { stale: true } : {}),
        ...(feature.dependencies?.length ? { dependencies: feature.dependencies } : {}),
        enabled: state?.enabled ?? false,
        strategies: strategies.map(plainStrategy),
      },
      `flags.${flag}`,
    );
    return { definition, strategyIds: strategies.map(({ id }) => id) };
  }

  async function write(flag: string, found: Found | undefined, after: FlagDefinition): Promise<void> {
    const before = found?.definition;
    const facts = ({ name, type, description, stale }: FlagDefinition) => ({
      name,
      type: type ?? "release",
      description: description ?? "",
      stale: stale ?? false,
    });
    if (!before) await api.call("POST", features, facts(after));
    else if (!isDeepStrictEqual(facts(before), facts(after))) await api.call("PUT", featurePath(flag), facts(after));
    if (before?.enabled && !after.enabled) await api.call("POST", `${environmentPath(flag)}/off`);
    await writeStrategies(flag, found, after.strategies);
    await writeDependencies(flag, before?.dependencies ?? [], after.dependencies ?? []);
    if (after.enabled && !before?.enabled) await api.call("POST", `${environmentPath(flag)}/on`);
  }

  /** Strategies are kept, replaced or added in their order: the first that fits decides. */
  async function writeStrategies(
    flag: string,
    found: Found | undefined,
    after: readonly StrategyDefinition[],
  ): Promise<void> {
    const path = `${environmentPath(flag)}/strategies`;
    const ids = found?.strategyIds ?? [];
    for (const [index, strategy] of after.entries()) {
      const before = found?.definition.strategies[index];
      if (before && isDeepStrictEqual(plainStrategy(before), plainStrategy(strategy))) continue;
      const body = { ...plainStrategy(strategy), sortOrder: index };
      if (ids[index] === undefined) await api.call("POST", path, body);
      else await api.call("PUT", `${path}/${ids[index]}`, body);
    }
    for (const id of ids.slice(after.length)) await api.call("DELETE", `${path}/${id}`);
  }

  async function writeDependencies(
    flag: string,
    before: readonly DependencyDefinition[],
    after: readonly DependencyDefinition[],
  ): Promise<void> {
    if (isDeepStrictEqual(before, after)) return;
    const path = `${featurePath(flag)}/dependencies`;
    if (before.length > 0) await api.call("DELETE", path);
    for (const { feature, enabled, variants } of after) {
      await api.call("POST", path, { feature, enabled: enabled ?? true, ...(variants?.length ? { variants } : {}) });
    }
  }

  /** The flag is changed by now, so a log that cannot be written is counted, not thrown. */
  async function log(
    flag: string,
    before: FlagDefinition | undefined,
    after: FlagDefinition | undefined,
    change: Change,
  ): Promise<void> {
    if (!store) return;
    try {
      await patiently(clock, () => writeHistory(store.database, clock.now(), flag, before, after, change));
    } catch (error) {
      failures.report("flag history", error);
    }
  }

  async function change(
    flag: string,
    edit: (current: FlagDefinition | undefined) => FlagDefinition | undefined,
    by: Change,
  ): Promise<FlagDefinition | undefined> {
    const found = await find(flag);
    const before = found?.definition;
    const after = edit(before);
    if (after && after.name !== flag) throw new FlagChangeError(flag, `its name would become "${after.name}"`);
    if (isDeepStrictEqual(before, after)) return after;
    if (after) await write(flag, found, readDefinition(after, `flags.${flag}`));
    else await api.call("DELETE", featurePath(flag));
    await log(flag, before, after, by);
    return after;
  }

  /** Makes the segments that the server lacks; gives its ids by ours. */
  async function writeSegments(segments: readonly SegmentDefinition[]): Promise<ReadonlyMap<number, number>> {
    if (segments.length === 0) return new Map();
    type ServerSegments = { readonly segments: readonly { readonly id: number; readonly name: string }[] };
    const there = (await api.call<ServerSegments>("GET", "admin/segments"))?.segments ?? [];
    const ids = new Map<number, number>();
    for (const { id, name = `segment ${id}`, constraints } of segments) {
      const known = there.find((segment) => segment.name === name);
      const body = { name, description: "", constraints };
      const made = known ?? (await api.call<{ id: number }>("POST", "admin/segments", body));
      if (known) await api.call("PUT", `admin/segments/${known.id}`, body);
      if (made) ids.set(id, made.id);
    }
    return ids;
  }

  return {
    change,
    get: async (flag) => (await find(flag))?.definition,
    async list() {
      const all = await api.call<{ readonly features: readonly ServerFeature[] }>("GET", features);
      const found = await Promise.all((all?.features ?? []).map(({ name }) => find(name)));
      return found.flatMap((one) => (one ? [one.definition] : []));
    },
    async history({ flag, limit = 100 } = {}) {
      const path = flag === undefined ? `admin/events?limit=${limit}` : `admin/events/${encodeURIComponent(flag)}`;
      const answer = await api.call<{ readonly events: readonly ServerEvent[] }>("GET", path);
      const theirs = (answer?.events ?? []).map(entryOf);
      const ours = store ? readHistory(store.database, flag, limit) : [];
      return [...ours, ...theirs].sort((a, b) => b.at - a.at).slice(0, limit);
    },
    async import(document, by) {
      const rules = readRuleset(document);
      const ids = await writeSegments(rules.segments);
      // Prerequisites first: the server refuses a flag that depends on one it does not have.
      const ordered = [...rules.features].sort((a, b) => (a.dependencies?.length ?? 0) - (b.dependencies?.length ?? 0));
      for (const feature of ordered) {
        const strategies = feature.strategies.map((strategy) => ({
          ...strategy,
          segments: (strategy.segments ?? []).flatMap((id) => ids.get(id) ?? []),
        }));
        await change(feature.name, () => ({ ...feature, strategies }), { action: "import", ...by });
      }
      return rules.features.map(({ name }) => name);
    },
  };
}

/** What a strategy says, without what a server adds to it. */
function plainStrategy({ name, parameters, constraints, segments, variants }: StrategyDefinition): StrategyDefinition {
  return {
    name,
    parameters: parameters ?? {},
    constraints: constraints ?? [],
    ...(segments?.length ? { segments } : {}),
    variants: variants ?? [],
  };
}

function entryOf({ type, createdBy, createdAt, featureName }: ServerEvent): HistoryEntry {
  return { at: Date.parse(createdAt), flag: featureName ?? "", action: type, who: createdBy, why: "" };
}
