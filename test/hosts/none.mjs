// A service without any OpenTelemetry.
import { runPipeline, say } from "./pipeline.mjs";

const { otel, report } = await runPipeline();
await otel.shutdown(1_000);
say({ ...report, spans: [] });
