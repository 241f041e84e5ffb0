import { flyballMetrics, label } from "../names.ts";
import type { Outcome } from "../outcome.ts";
import type { InstrumentFactory, OutcomeLabels } from "./instrument-factory.ts";
import { keyedHistogram } from "./keyed.ts";
import type { OutcomeRecorder } from "./operation-recorders.ts";

export const runLabels: OutcomeLabels = { [label.workflow]: (outcome) => outcome.run?.workflow };

/** The service's own labels, read from `outcome.labels`. */
export function extraLabels(names: readonly string[]): OutcomeLabels {
  return Object.fromEntries(names.map((name) => [name, (outcome: Outcome) => outcome.labels?.[name]]));
}

/** Money, quality and retries: any operation may carry them. */
export function everyRecorder(instruments: InstrumentFactory): OutcomeRecorder {
  const model = (outcome: Outcome): string | undefined => outcome.model;
  const provider = (outcome: Outcome): string | undefined => outcome.provider;
  const saving: OutcomeLabels = {
    [label.cache]: (outcome) => outcome.name,
    [label.level]: (outcome) => outcome.labels?.[label.level],
  };
  const cost = instruments.counter(flyballMetrics.cost, {
    ...runLabels,
    [label.model]: model,
    [label.provider]: provider,
  });
  const unpriced = instruments.counter(flyballMetrics.unpriced, { [label.model]: model, [label.provider]: provider });
  const avoidedCost = instruments.counter(flyballMetrics.avoidedCost, saving);
  const avoidedTime = instruments.counter(flyballMetrics.avoidedTime, saving);
  const retries = instruments.counter(flyballMetrics.retries, {
    [label.kind]: (outcome) => outcome.kind,
    [label.name]: (outcome) => outcome.name,
  });
  const quality = keyedHistogram(instruments, flyballMetrics.qualityScore, [label.scorer, label.workflow]);

  return (outcome, pass) => {
    if (outcome.cost !== undefined) {
      if (outcome.cost.priced) cost.add(outcome.cost.usd, outcome, pass);
      else unpriced.add(1, outcome, pass);
    }
    if (outcome.avoided !== undefined) {
      if (outcome.avoided.usd !== undefined) avoidedCost.add(outcome.avoided.usd, outcome, pass);
      if (outcome.avoided.ms !== undefined) avoidedTime.add(outcome.avoided.ms / 1000, outcome, pass);
    }
    if (outcome.attempts !== undefined && outcome.attempts > 1) retries.add(outcome.attempts - 1, outcome, pass);
    if (outcome.quality !== undefined && pass === "count") {
      for (const { name, score } of outcome.quality) quality(score, name, outcome.run?.workflow);
    }
  };
}
