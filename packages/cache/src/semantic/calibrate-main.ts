// Calibrates the threshold of a semantic cache from labelled pairs and any OpenAI-compatible embedding endpoint:
//   npm run calibrate -w packages/cache -- pairs.jsonl --url http://127.0.0.1:8080/v1 --model NAME [--precision 0.99]
// A key for the endpoint is taken from EMBEDDINGS_API_KEY.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ConfigurationError } from "@flyball/core";
import { calibrate } from "./calibrate.ts";
import { formatCalibration } from "./format-calibration.ts";
import { readPairs } from "./read-pairs.ts";
import type { Embed } from "./types.ts";

/** Longest time of one call with up to 64 texts, milliseconds. */
const callDeadlineMs = 60_000;

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { url: { type: "string" }, model: { type: "string" }, precision: { type: "string", default: "0.99" } },
  });
  const [file] = positionals;
  const { url, model, precision } = values;
  if (file === undefined || url === undefined || model === undefined) {
    throw new ConfigurationError("arguments", process.argv.slice(2), "PAIRS.jsonl --url URL --model NAME");
  }
  const embed = endpointEmbed(url, model, process.env.EMBEDDINGS_API_KEY);
  const calibration = await calibrate(readPairs(readFileSync(file, "utf8")), embed, { precision: Number(precision) });
  process.stdout.write(`${formatCalibration(calibration)}\n`);
  // Distinct from a failure, so that a script can tell "not with this model" from "did not run".
  if (calibration.chosen === undefined) process.exitCode = 3;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

function endpointEmbed(url: string, model: string, key: string | undefined): Embed {
  return async (texts) => {
    const response = await fetch(`${url.replace(/\/$/, "")}/embeddings`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}) },
      body: JSON.stringify({ model, input: texts, encoding_format: "float" }),
      signal: AbortSignal.timeout(callDeadlineMs),
    });
    if (!response.ok)
      throw new Error(`The endpoint answered ${response.status}: ${(await response.text()).slice(0, 200)}`);
    const { data } = (await response.json()) as { data: { index: number; embedding: number[] }[] };
    return data.sort((a, b) => a.index - b.index).map(({ embedding }) => Float32Array.from(embedding));
  };
}
