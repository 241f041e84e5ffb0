// Loaded with --import. In an installed tree npm gives @flyball/telemetry its host's copy of the peer
// @opentelemetry/api, while @flyball/otel has a newer one of its own; in this repository all would share one copy.
import { registerHooks } from "node:module";

const host = import.meta.url;

registerHooks({
  resolve(specifier, context, next) {
    const fromTelemetry = context.parentURL?.includes("/packages/telemetry/");
    return specifier === "@opentelemetry/api" && fromTelemetry
      ? next(specifier, { ...context, parentURL: host })
      : next(specifier, context);
  },
});
