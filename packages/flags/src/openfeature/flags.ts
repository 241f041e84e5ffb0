import { type Clock, failureLog, type Logger, silentLogger, systemClock } from "@flyball/core";
import type { Client, EvaluationContext, EvaluationDetails } from "@openfeature/server-sdk";
import { armOf } from "../arms.ts";
import { createDecisions, type RunDecisions } from "../decisions.ts";
import type { FlagEvaluation, FlagReason, Resolution, Revocation, Subject } from "../types.ts";

export interface OpenFeatureFlagsOptions {
  /** A client of any OpenFeature provider. */
  readonly client: Client;
  /** The flags that runs are decided for, each with its value for when the provider fails. */
  readonly defaults: Readonly<Record<string, boolean>>;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Runs decided by somebody else's OpenFeature provider. Their API is asynchronous, so resolving is too. */
export interface OpenFeatureFlags extends RunDecisions {
  resolve(subject: Subject): Promise<Resolution>;
  close(): Promise<void>;
}

/**
 * Decides by an OpenFeature client. A flag is compared when its variants are called `control` and `treatment`; any
 * other is on or off by its boolean. OpenFeature has no word for a kill: after each change that its provider reports,
 * every flag is asked for once, and one that is `DISABLED` or gone is off for the runs that carry it too.
 */
export async function createOpenFeatureFlags(options: OpenFeatureFlagsOptions): Promise<OpenFeatureFlags> {
  const { client, defaults, clock = systemClock } = options;
  const { ErrorCode, ProviderEvents } = await import("@openfeature/server-sdk");
  const failures = failureLog(options.logger ?? silentLogger);
  const revocations = new Map<string, Revocation>();
  const off = new Set<string>();
  let generation = 0;
  const source = {
    name: client.metadata.providerMetadata.name,
    get generation() {
      return generation;
    },
    revocations,
    isLive: (flag: string) => flag in defaults && !off.has(flag),
    isKnown: (flag: string) => flag in defaults,
  };
  const decisions = createDecisions(source, clock);

  async function ask(flag: string, context: EvaluationContext): Promise<EvaluationDetails<boolean>> {
    return client.getBooleanDetails(flag, defaults[flag] ?? false, context);
  }

  async function evaluate(flag: string, context: EvaluationContext): Promise<FlagEvaluation> {
    const details = await ask(flag, context);
    if (details.errorCode) {
      decisions.failed();
      failures.report(`openfeature ${details.errorCode}`, new Error(details.errorMessage ?? details.errorCode));
    }
    const arm = details.variant === "control" ? "control" : armOf(details.value, details.variant);
    return {
      flag,
      value: details.value && arm !== "control",
      arm,
      variant: details.variant ?? (details.value ? "on" : "off"),
      reason: reasonOf(details.reason),
      version: String(details.flagMetadata.version ?? ""),
    };
  }

  async function lookForKills(): Promise<void> {
    const asked = Object.keys(defaults);
    const answers = await Promise.all(asked.map((flag) => ask(flag, { targetingKey: "flyball" })));
    generation++;
    for (const [index, flag] of asked.entries()) {
      const { reason, errorCode } = answers[index] ?? {};
      const gone = reason === "DISABLED" || errorCode === ErrorCode.FLAG_NOT_FOUND;
      if (gone && !off.has(flag)) revocations.set(flag, { at: clock.now(), generation });
      if (gone) off.add(flag);
      else off.delete(flag);
    }
  }

  const onChange = (): void => {
    lookForKills().catch((error) => failures.report("openfeature change", error));
  };
  client.addHandler(ProviderEvents.ConfigurationChanged, onChange);

  return {
    ...decisions.face,
    async resolve(subject) {
      const missing = !subject.unit;
      const { attributes, session } = subject;
      const context = {
        ...attributes,
        ...(session === undefined ? {} : { sessionId: session }),
        targetingKey: missing ? subject.runId : subject.unit,
      } as EvaluationContext;
      const evaluations = await Promise.all(Object.keys(defaults).map((flag) => evaluate(flag, context)));
      return decisions.resolution(evaluations, missing);
    },
    async close() {
      client.removeHandler(ProviderEvents.ConfigurationChanged, onChange);
    },
  };
}

const reasons: Readonly<Record<string, FlagReason>> = {
  STATIC: "static",
  SPLIT: "split",
  TARGETING_MATCH: "targeting_match",
  DISABLED: "disabled",
  DEFAULT: "default",
  ERROR: "error",
};

function reasonOf(reason: string | undefined): FlagReason {
  return reasons[reason ?? ""] ?? "static";
}
