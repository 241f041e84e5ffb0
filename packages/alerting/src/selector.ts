import type { OperationKind, SeriesKey } from "@flyball/telemetry";
import type { ReadingsQuery } from "./readings.ts";

/** Which outcomes a measure is about. What is left out does not narrow it down. */
export interface Selector {
  readonly kind?: OperationKind;
  /** A workflow's name for runs, a node's for nodes, a model's, a cache's … */
  readonly name?: string;
  /** Names that do not count. Needs a kind. */
  readonly except?: readonly string[];
  /** By label, as Prometheus spells it: one value, or several of which any will do. */
  readonly labels?: Readonly<Record<string, string | readonly string[]>>;
}

/** The label that carries an operation's name in Prometheus. */
export const nameLabels: Readonly<Partial<Record<OperationKind, string>>> = {
  run: "workflow",
  node: "node",
  model: "model",
  embedding: "model",
  retrieval: "source",
  tool: "tool",
  database: "operation",
  cache: "cache",
  evaluation: "scorer",
};

/** A label of a series, wherever windows keep it. */
export function labelOf(series: SeriesKey, key: string): string | undefined {
  return series.labels[key] ?? (nameLabels[series.kind] === key ? series.name : undefined);
}

export function selects(selector: Selector, series: SeriesKey): boolean {
  if (selector.kind !== undefined && selector.kind !== series.kind) return false;
  if (selector.name !== undefined && selector.name !== series.name) return false;
  if (selector.except?.includes(series.name)) return false;
  for (const [key, wanted] of Object.entries(selector.labels ?? {})) {
    const found = labelOf(series, key);
    if (found === undefined || !(typeof wanted === "string" ? wanted === found : wanted.includes(found))) return false;
  }
  return true;
}

/** The same for selectors that select the same, whatever the order of their parts. */
export function selectorKey({ kind, name, except = [], labels = {} }: Selector): string {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    kind,
    name,
    except.toSorted(),
    sorted.map(([key, value]) => [key, [value].flat().toSorted()]),
  ]);
}

/** One reading of several that come to a selector when they are added up, each times its sign. */
export interface SignedQuery {
  readonly query: ReadingsQuery;
  readonly sign: 1 | -1;
}

/** The exact queries that together read what a selector selects: what it excepts is taken off again. */
export function queriesOf({ kind, name, except = [], labels = {} }: Selector): SignedQuery[] {
  let queries: { name: string | undefined; labels: Record<string, string> }[] = [{ name, labels: {} }];
  for (const [key, wanted] of Object.entries(labels)) {
    const isName = kind !== undefined && nameLabels[kind] === key;
    queries = queries.flatMap((query) =>
      [wanted]
        .flat()
        .map((value) => (isName ? { ...query, name: value } : { ...query, labels: { ...query.labels, [key]: value } })),
    );
  }
  const toQuery = (query: (typeof queries)[number]): ReadingsQuery => ({
    labels: query.labels,
    ...(kind === undefined ? {} : { kind }),
    ...(query.name === undefined ? {} : { name: query.name }),
  });
  return queries.flatMap((query): SignedQuery[] => {
    if (query.name !== undefined) return except.includes(query.name) ? [] : [{ query: toQuery(query), sign: 1 }];
    const excepted = except.map((one): SignedQuery => ({ query: toQuery({ ...query, name: one }), sign: -1 }));
    return [{ query: toQuery(query), sign: 1 }, ...excepted];
  });
}

/** The selector, narrowed to one group. */
export function narrowed(selector: Selector, group: Readonly<Record<string, string>>): Selector {
  return { ...selector, labels: { ...selector.labels, ...group } };
}
