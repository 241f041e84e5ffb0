import type { EvaluationContext, JsonValue, Provider, ResolutionDetails } from "@openfeature/server-sdk";
import type { Attribute, FlagContext, FlagEvaluation, FlagProvider } from "../types.ts";

type FlagValue = boolean | string | number | JsonValue;

/**
 * Our decisions behind OpenFeature's API, for services that speak it already:
 * `await OpenFeature.setProviderAndWait(await openFeatureProvider(provider))`.
 * A boolean is whether the optimization runs, a string is the variant's payload or name, numbers and objects are read
 * from the payload. The targeting key is the unit. Needs the optional peer `@openfeature/server-sdk`.
 */
export async function openFeatureProvider(provider: FlagProvider): Promise<Provider> {
  const { ErrorCode, OpenFeatureEventEmitter, ProviderEvents } = await import("@openfeature/server-sdk");
  const events = new OpenFeatureEventEmitter();
  let unsubscribe = (): void => {};

  async function resolve<T extends FlagValue>(
    flag: string,
    defaultValue: T,
    context: EvaluationContext,
    read: (evaluation: FlagEvaluation) => T | undefined,
  ): Promise<ResolutionDetails<T>> {
    const [evaluation] = provider.evaluate([flag], contextOf(context));
    if (!evaluation) return { value: defaultValue, reason: "ERROR", errorCode: ErrorCode.FLAG_NOT_FOUND };
    const value = read(evaluation);
    if (value === undefined) return { value: defaultValue, reason: "ERROR", errorCode: ErrorCode.TYPE_MISMATCH };
    const { variant, reason, version } = evaluation;
    return { value, variant, reason: reason.toUpperCase(), flagMetadata: { version } };
  }

  return {
    metadata: { name: `flyball-${provider.name}` },
    runsOn: "server",
    events,
    async initialize() {
      unsubscribe = provider.onChange(() => events.emit(ProviderEvents.ConfigurationChanged));
    },
    async onClose() {
      unsubscribe();
    },
    resolveBooleanEvaluation: (flag, value, context) => resolve(flag, value, context, (found) => found.value),
    resolveStringEvaluation: (flag, value, context) =>
      resolve(flag, value, context, ({ payload, variant }) => payload ?? variant),
    resolveNumberEvaluation: (flag, value, context) =>
      resolve(flag, value, context, ({ payload }) => numberIn(payload)),
    resolveObjectEvaluation: <T extends JsonValue>(flag: string, value: T, context: EvaluationContext) =>
      resolve<T>(flag, value, context, ({ payload }) => jsonIn(payload) as T | undefined),
  };
}

function contextOf({ targetingKey, ...rest }: EvaluationContext): FlagContext {
  const attributes: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (typeof value !== "object" || value instanceof Date) attributes[name] = value as Attribute;
  }
  return { ...(targetingKey === undefined ? {} : { unit: targetingKey }), attributes };
}

function numberIn(payload: string | undefined): number | undefined {
  const value = Number(payload || Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

function jsonIn(payload: string | undefined): unknown {
  try {
    return payload === undefined ? undefined : JSON.parse(payload);
  } catch {
    return undefined;
  }
}
