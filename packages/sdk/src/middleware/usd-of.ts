import type { Clock } from "@flyball/core";
import type { GenerateResult, ModelCall } from "@flyball/models";
import type { Prices } from "@flyball/telemetry";

/** What an answer cost by the service's prices; undefined when its price is not known. */
export function usdOf(
  prices: Prices,
  clock: Clock,
): (result: GenerateResult, call: ModelCall, durationMs: number) => number | undefined {
  return ({ usage, model }, { provider }, durationMs) => {
    const cost = prices.price({ provider, model, usage, durationMs, at: clock.now() });
    return cost.priced ? cost.usd : undefined;
  };
}
