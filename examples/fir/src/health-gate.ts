import type { ModelClient } from "@flyball/models";
import type { FirSettings } from "./settings.ts";

/** The model server said that it cannot answer. */
export class ModelUnhealthyError extends Error {
  readonly code = "model_unhealthy";

  constructor(reason: string | undefined) {
    super(`the model server is not healthy: ${reason ?? "it gives no reason"}`);
    this.name = "ModelUnhealthyError";
  }
}

/**
 * Lets an inference begin only when the model server is healthy. The client remembers an answer for 30 s; a bad one is
 * asked again at once, so that a server that came back is used at once.
 */
export function healthGate(models: ModelClient, mode: FirSettings["healthChecks"]): () => Promise<void> {
  return async () => {
    const health = await models.health({ fresh: mode === "each" });
    if (health.healthy) return;
    const again = await models.health({ fresh: true });
    if (!again.healthy) throw new ModelUnhealthyError(again.reason);
  };
}
