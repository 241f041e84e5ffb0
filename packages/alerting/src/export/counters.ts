import { flyballMetrics, label, namesFor, type OperationKind } from "@flyball/telemetry";
import type { Field, Input } from "../input.ts";
import { refinements } from "../names.ts";
import { nameLabels } from "../selector.ts";
import { NotExportable } from "./exportable.ts";

/** A Prometheus counter that counts what an input counts. */
export interface Counter {
  readonly name: string;
  readonly matchers: readonly string[];
}

interface Family {
  readonly name: string;
  /** Labels that a selector may use, by the name it uses for them. */
  readonly labels: Readonly<Record<string, string>>;
  /** What tells this input from others of the family. */
  readonly fixed?: readonly string[];
}

const ended = `${label.status}=~"ok|error|timeout"`;
const failed = `${label.status}=~"error|timeout"`;

const same = (...keys: readonly string[]): Record<string, string> => Object.fromEntries(keys.map((key) => [key, key]));
const { operation, model, provider, workflow, priority, node } = label;
const modelLabels = same(workflow, model, provider, operation);

/** Histograms of durations by kind; whether they tell statuses apart. */
const durations: Readonly<Partial<Record<OperationKind, Family & { readonly status: "status" | "code" | "none" }>>> = {
  run: { name: flyballMetrics.runDuration.prometheus, labels: same(workflow, priority), status: "status" },
  node: { name: flyballMetrics.nodeDuration.prometheus, labels: same(workflow, node, priority), status: "status" },
  model: {
    name: flyballMetrics.modelDuration.prometheus,
    labels: modelLabels,
    fixed: [`${operation}!="embeddings"`],
    status: "status",
  },
  embedding: {
    name: flyballMetrics.modelDuration.prometheus,
    labels: modelLabels,
    fixed: [`${operation}="embeddings"`],
    status: "status",
  },
  retrieval: { name: flyballMetrics.retrievalDuration.prometheus, labels: same(label.source), status: "status" },
  tool: { name: flyballMetrics.toolDuration.prometheus, labels: same(label.tool), status: "status" },
  database: { name: flyballMetrics.databaseDuration.prometheus, labels: same(operation), status: "status" },
  cache: {
    name: flyballMetrics.cacheDuration.prometheus,
    labels: same(label.cache, label.level, label.result),
    status: "none",
  },
  http: {
    name: flyballMetrics.httpDuration.prometheus,
    labels: same(label.method, label.route, label.statusCode),
    status: "code",
  },
};

const firstChunk: Family = {
  name: namesFor("v1.41").metrics.timeToFirstChunk.prometheus,
  labels: { model: "gen_ai_request_model", provider: "gen_ai_provider_name" },
};

/** Families of what operations of several kinds carry. */
const shared: Readonly<Partial<Record<Field, Family & { readonly kinds: readonly (OperationKind | undefined)[] }>>> = {
  cost_usd: { name: flyballMetrics.cost.prometheus, labels: same(workflow, model, provider), kinds: [undefined] },
  unpriced: { name: flyballMetrics.unpriced.prometheus, labels: same(model, provider), kinds: [undefined] },
  avoided_usd: {
    name: flyballMetrics.avoidedCost.prometheus,
    labels: same(label.cache, label.level),
    kinds: [undefined, "cache"],
  },
  tokens_input: {
    name: flyballMetrics.modelTokens.prometheus,
    labels: same(model, provider),
    fixed: [`${label.type}="input"`],
    kinds: [undefined],
  },
  tokens_output: {
    name: flyballMetrics.modelTokens.prometheus,
    labels: same(model, provider),
    fixed: [`${label.type}="output"`],
    kinds: [undefined],
  },
  scores: {
    name: `${flyballMetrics.qualityScore.prometheus}_count`,
    labels: same(label.scorer, workflow),
    kinds: [undefined, "evaluation"],
  },
  score_sum: {
    name: `${flyballMetrics.qualityScore.prometheus}_sum`,
    labels: same(label.scorer, workflow),
    kinds: [undefined, "evaluation"],
  },
  refinements: { name: refinements.prometheus, labels: same(workflow, node), kinds: ["node"] },
};

/** @throws NotExportable */
export function counterOf(input: Input, extraLabels: readonly string[] = []): Counter {
  const family = familyOf(input);
  const { kind, name, except, labels = {} } = input.of;
  const matchers = [...(family.fixed ?? [])];
  const nameLabel = kind === undefined ? undefined : nameLabels[kind];
  const wanted = name === undefined ? labels : { ...labels, [nameLabel ?? "name"]: name };
  for (const [key, value] of Object.entries(wanted)) {
    const spelled = family.labels[key] ?? (extraLabels.includes(key) ? key : undefined);
    if (spelled === undefined) throw new NotExportable(`${family.name} has no label ${key}`);
    matchers.push(matcher(spelled, value));
  }
  if (except && nameLabel !== undefined) {
    const spelled = family.labels[nameLabel];
    if (spelled === undefined) throw new NotExportable(`${family.name} has no label ${nameLabel}`);
    matchers.push(`${spelled}!~${quoted(except.map(escapedPattern).join("|"))}`);
  }
  return { name: family.name, matchers };
}

/** The histogram whose buckets answer for an input with a bound; its `le` is left open. */
export function histogramOf(input: Input, extraLabels: readonly string[] = []): Counter {
  const { atMost: _, ...whole } = input;
  const { name, matchers } = counterOf(whole, extraLabels);
  return { name: `${name.replace(/_count$/, "")}_bucket`, matchers };
}

function familyOf({ of, field, atMost }: Input): Family {
  if (field === "first_chunks" || field === "first_chunk_seconds") return distribution(firstChunk, field, atMost);
  const carried = shared[field];
  if (carried) {
    if (carried.kinds.includes(of.kind)) return carried;
    throw new NotExportable(`${carried.name} does not tell operations of kind ${of.kind} from others`);
  }
  if (of.kind === undefined) throw new NotExportable(`without a kind there is no series of ${field}`);
  if (field === "retries") return { name: flyballMetrics.retries.prometheus, ...retriesOf(of.kind) };
  const durationFamily = durations[of.kind];
  if (durationFamily) return statusOf(distribution(durationFamily, field, atMost), field, durationFamily.status);
  const fixed = [`${label.kind}="${of.kind}"`];
  return statusOf({ name: flyballMetrics.outcomes.prometheus, labels: {}, fixed }, field, "status");
}

function retriesOf(kind: OperationKind): Omit<Family, "name"> {
  return { labels: { [nameLabels[kind] ?? "name"]: label.name }, fixed: [`${label.kind}="${kind}"`] };
}

function distribution(family: Family, field: Field, atMost: number | undefined): Family {
  const isSum = field === "duration_seconds" || field === "first_chunk_seconds";
  if (atMost === undefined) return { ...family, name: `${family.name}_${isSum ? "sum" : "count"}` };
  // Prometheus 3 writes a bound of 30 as 30.0 when it stores it.
  const bound = Number.isInteger(atMost) ? `${atMost}(\\\\.0)?` : String(atMost).replace(".", "\\\\.");
  return { ...family, name: `${family.name}_bucket`, fixed: [...(family.fixed ?? []), `le=~"${bound}"`] };
}

function statusOf(family: Family, field: Field, status: "status" | "code" | "none"): Family {
  const fixed = family.fixed ?? [];
  switch (field) {
    case "outcomes":
      return family;
    case "errors":
      if (status === "none") throw new NotExportable(`${family.name} does not tell errors apart`);
      return { ...family, fixed: [...fixed, status === "code" ? `${label.statusCode}=~"5.."` : failed] };
    default:
      return status === "status" ? { ...family, fixed: [...fixed, ended] } : family;
  }
}

function matcher(key: string, value: string | readonly string[]): string {
  if (typeof value === "string") return `${key}=${quoted(value)}`;
  return `${key}=~${quoted(value.map(escapedPattern).join("|"))}`;
}

function escapedPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

export function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

export function selectorText({ name, matchers }: Counter): string {
  return matchers.length === 0 ? name : `${name}{${matchers.join(",")}}`;
}
