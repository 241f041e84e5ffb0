import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Attribute, createEmbeddedFlags, type FlagContext, type FlagEvaluation } from "../src/index.ts";
import { by, stores } from "./fixtures/store.ts";

interface Case {
  readonly description: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly toggleName: string;
  readonly expectedResult: unknown;
}
interface ExpectedVariant {
  readonly name: string;
  readonly enabled: boolean;
  readonly payload?: { readonly value: string };
  readonly feature_enabled?: boolean;
}
interface Specification {
  readonly name: string;
  readonly state: { readonly events?: readonly DeltaEvent[]; readonly features?: unknown };
  readonly tests?: readonly Case[];
  readonly variantTests?: readonly (Case & { readonly expectedResult: ExpectedVariant })[];
}
interface DeltaEvent {
  readonly type: string;
  readonly feature?: { readonly name: string };
  readonly featureName?: string;
  readonly features?: readonly { readonly name: string }[];
  readonly segment?: { readonly id: number };
  readonly segmentId?: number;
  readonly segments?: readonly { readonly id: number }[];
}

const folder = join(
  dirname(createRequire(import.meta.url).resolve("@unleash/client-specification/package.json")),
  "specifications",
);
const load = <T>(file: string): T => JSON.parse(readFileSync(join(folder, file), "utf8")) as T;
const specifications = load<string[]>("index.json").map((file) => load<Specification>(file));

/** A state given as a stream of events is the rules that are left after the last of them. */
function stateOf({ state }: Specification): unknown {
  if (!state.events) return state;
  const features = new Map<string, unknown>();
  const segments = new Map<number, unknown>();
  for (const event of state.events) {
    for (const feature of [...(event.features ?? []), ...(event.feature ? [event.feature] : [])])
      features.set(feature.name, feature);
    for (const segment of [...(event.segments ?? []), ...(event.segment ? [event.segment] : [])])
      segments.set(segment.id, segment);
    if (event.featureName !== undefined) features.delete(event.featureName);
    if (event.segmentId !== undefined) segments.delete(event.segmentId);
  }
  return { version: 2, features: [...features.values()], segments: [...segments.values()] };
}

function contextOf({ userId, sessionId, properties, currentTime, ...rest }: Case["context"]): FlagContext {
  return {
    ...(userId === undefined ? {} : { unit: String(userId) }),
    ...(sessionId === undefined ? {} : { session: String(sessionId) }),
    attributes: {
      ...(rest as Record<string, Attribute>),
      ...(properties as Record<string, Attribute> | undefined),
      ...(currentTime === undefined ? {} : { currentTime: new Date(String(currentTime)) }),
    },
  };
}

const cases = specifications.flatMap(({ tests = [], variantTests = [] }) => [...tests, ...variantTests]);

test("the specification has its 279 cases", () => {
  expect(cases).toHaveLength(279);
});

describe.each(specifications.map((specification) => [specification.name, specification] as const))("%s", (_, spec) => {
  const opening = stores();

  async function ask({ toggleName, context }: Case): Promise<FlagEvaluation | undefined> {
    const flags = createEmbeddedFlags({ store: opening.memory() });
    try {
      await flags.import(stateOf(spec), by);
      return flags.evaluate([toggleName], contextOf(context))[0];
    } finally {
      await flags.close();
    }
  }

  test.each((spec.tests ?? []).map((one) => [one.description, one] as const))("%s", async (_, one) => {
    const found = await ask(one);
    expect(found !== undefined && found.arm !== "off").toBe(one.expectedResult);
  });

  test.each((spec.variantTests ?? []).map((one) => [one.description, one] as const))("%s (variant)", async (_, one) => {
    const found = await ask(one);
    const { enabled, name, payload, feature_enabled: on } = one.expectedResult;
    if (on !== undefined) expect(found !== undefined && found.arm !== "off").toBe(on);
    if (enabled) expect(found?.variant).toBe(name);
    // Unleash calls it "disabled" when no variant applies; here the flag itself then answers.
    else expect(["on", "off", undefined]).toContain(found?.variant);
    expect(found?.payload).toBe(payload?.value);
  });
});
