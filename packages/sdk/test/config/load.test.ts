import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@flyball/core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConfigurationInput } from "../../src/config/configuration.ts";
import { type ConfigurationSources, loadConfiguration } from "../../src/config/load.ts";
import { settings } from "../../src/config/settings.ts";
import { valueAt } from "../../src/config/value-at.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flyball-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = (from: ConfigurationSources) => loadConfiguration({ environment: {}, folder, ...from });

async function refusal(from: ConfigurationSources): Promise<ConfigurationError> {
  const error = await load(from).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  return error as ConfigurationError;
}

describe("precedence", () => {
  // One setting of each kind, each with values that its schema accepts.
  const choices: Record<string, fc.Arbitrary<unknown>> = {
    "http.port": fc.integer({ min: 0, max: 65_535 }),
    "telemetry.captureContent": fc.boolean(),
    "telemetry.profile": fc.constantFrom("v1.41", "genai-main"),
    "telemetry.sampleRatio": fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
    "service.name": fc.stringMatching(/^[a-z]{1,12}$/),
  };

  test("code beats environment beats file beats default, setting by setting", async () => {
    const layer = fc.record(choices, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(layer, layer, layer, async (code, variables, file) => {
        writeFileSync(join(folder, "flyball.json"), JSON.stringify(nested(file)));
        const environment = Object.fromEntries(
          Object.entries(variables).map(([path, value]) => [settings().get(path)?.variables[0]?.name, String(value)]),
        );
        const { configuration, sources } = await load({ code: nested(code), environment });
        const defaults = (await load({ folder: "/nonexistent" })).configuration;
        for (const path of Object.keys(choices)) {
          const [value, source] =
            path in code
              ? [code[path], "code"]
              : path in variables
                ? [variables[path], "environment"]
                : path in file
                  ? [file[path], "file"]
                  : [valueAt(defaults, path), "default"];
          expect(valueAt(configuration, path)).toEqual(value);
          expect(sources.get(path)).toMatch(new RegExp(`^${source}`));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("an undefined in code does not hide the environment", async () => {
    const code = { http: { port: undefined } };
    expect((await load({ code, environment: { FLYBALL_HTTP_PORT: "81" } })).configuration.http.port).toBe(81);
  });
});

describe("variables that people already have", () => {
  test.each([
    ["OPENAI_API_KEY", "sk-1", "models.openai.apiKey", "sk-1"],
    ["GEMINI_API_KEY", "g-1", "models.gemini.apiKey", "g-1"],
    ["REDIS_URL", "redis://h:1/0", "redis.url", "redis://h:1/0"],
    ["REDIS_STATE_URL", "rediss://h:1/1", "redis.stateUrl", "rediss://h:1/1"],
    ["ENABLE_PERFORMANCE_METRICS", "false", "telemetry.enabled", false],
    ["MAX_CONCURRENT_AGENTS", "4", "engine.concurrency", 4],
    ["LLM_BATCH_SIZE", "7", "models.batchSize", 7],
    ["enable_model_preloading", "False", "models.preload.enabled", false],
    ["ENABLE_OPTIMIZED_PIPELINE", "0", "models.optimized", false],
    ["enable_connection_pooling", "no", "models.pool.enabled", false],
    ["enable_response_streaming", "off", "models.streaming", false],
    ["preload_timeout_seconds", "90", "models.preload.timeoutMs", 90_000],
    ["connection_pool_size", "33", "models.pool.keepAlive", 33],
    ["api_timeout_seconds", "1.5", "models.timeoutMs", 1500],
    ["OTEL_SERVICE_NAME", "shop", "service.name", "shop"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318", "telemetry.otlp.endpoint", "http://c:4318"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=b%20c,d=e", "telemetry.otlp.headers", { a: "b c", d: "e" }],
  ])("%s=%s sets %s", async (name, text, path, value) => {
    const { configuration, sources } = await load({ environment: { [name]: text } });
    expect(valueAt(configuration, path)).toEqual(value);
    expect(sources.get(path)?.toLowerCase()).toBe(`environment ${name.toLowerCase()}`);
  });

  test("defaults are the reference's: pool 20 of 50, answers 30 s, preloading 60 s, health 30 s", async () => {
    const { models } = (await load({})).configuration;
    expect([models.pool.keepAlive, models.pool.connections]).toEqual([20, 50]);
    expect([models.timeoutMs, models.preload.timeoutMs, models.healthTtlMs]).toEqual([30_000, 60_000, 30_000]);
  });

  test("the FLYBALL_ name beats the older one, and an empty variable is not set", async () => {
    const environment = { FLYBALL_SERVICE_NAME: "ours", OTEL_SERVICE_NAME: "theirs", REDIS_URL: "" };
    const { configuration } = await load({ environment });
    expect(configuration.service.name).toBe("ours");
    expect(configuration.redis.url).toBeUndefined();
  });

  test("no two settings share a variable", () => {
    const names = [...settings().values()].flatMap((setting) => setting.variables.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });

  test("what Kubernetes puts beside a service called flyball is not taken for a setting", async () => {
    const environment = {
      FLYBALL_SERVICE_HOST: "10.0.0.1",
      FLYBALL_PORT: "tcp://10.0.0.1:80",
      FLYBALL_PORT_80_TCP_ADDR: "10.0.0.1",
    };
    await expect(load({ environment })).resolves.toBeDefined();
  });
});

describe("refusals name the path, what was received and what was expected", () => {
  test.each<[ConfigurationInput | object, string, string, string]>([
    [{ http: { prt: 80 } }, "http.prt", "80", "http.port"],
    [{ port: 80 }, "port", "80", "http.port"],
    [{ tracing: true }, "tracing", "true", "telemetry"],
    [{ http: 8080 }, "http", "8080", "a mapping of port, host"],
    [{ http: { port: "x" } }, "http.port", '"x"', "whole number from 0 to 65535"],
    [{ http: { port: 70_000 } }, "http.port", "70000", "whole number from 0 to 65535"],
    [{ log: { level: "loud" } }, "log.level", '"loud"', "one of silent, error, warn, info, debug"],
    [{ telemetry: { enabled: "maybe" } }, "telemetry.enabled", '"maybe"', "true or false"],
    [{ redis: { url: "http://h" } }, "redis.url", "http://h", "redis:// or rediss:// URL"],
    [JSON.parse('{"__proto__":{"polluted":1}}'), "__proto__", "polluted", "no such key"],
  ])("%j", async (code, path, received, expected) => {
    const error = await refusal({ code: code as ConfigurationInput });
    expect(error.subject).toBe(path);
    expect(error.message).toContain(path);
    expect(error.message).toContain(received);
    expect(error.message).toContain(expected);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test("a mistyped variable, with the nearest known one", async () => {
    const error = await refusal({ environment: { FLYBALL_HTTP_PRT: "1" } });
    expect(error.message).toContain("FLYBALL_HTTP_PRT");
    expect(error.message).toContain("the nearest is FLYBALL_HTTP_PORT");
  });

  test("a variable's refusal names the variable", async () => {
    const error = await refusal({ environment: { api_timeout_seconds: "soon" } });
    expect(error.message).toContain("models.timeoutMs");
    expect(error.message).toContain("environment api_timeout_seconds");
  });

  test("several at once are all told", async () => {
    const error = await refusal({ code: { http: { port: -1 }, log: { level: "x" } } as unknown as ConfigurationInput });
    expect((error.cause as AggregateError).errors.map((one: ConfigurationError) => one.subject)).toEqual([
      "http.port",
      "log.level",
    ]);
  });

  test("a file that is missing, broken or not a mapping", async () => {
    expect((await refusal({ file: "absent.yaml" })).message).toContain("absent.yaml");
    writeFileSync(join(folder, "flyball.yaml"), "http: [1\nkey: sk-canary");
    const broken = await refusal({});
    expect(broken.message).toContain("flyball.yaml");
    expect(broken.message).not.toContain("sk-canary");
    writeFileSync(join(folder, "flyball.yaml"), "- a\n- b\n");
    expect((await refusal({})).message).toContain("a mapping of settings");
  });

  test("secrets stay out of the message, under a mistyped name too", async () => {
    for (const code of [
      { models: { openai: { apiKeyy: "sk-canary" } } },
      { models: { openai: { apiKey: ["sk-canary"] } } },
      { redis: { url: "http://user:sk-canary@h" } },
      { telemetry: { otlp: { headers: { authorization: ["sk-canary"] } } } },
      { service: { name: { password: "sk-canary" } } },
      { models: { openai: "sk-canary" } },
    ]) {
      const error = await refusal({ code: code as unknown as ConfigurationInput });
      expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain("sk-canary");
    }
  });
});

test("paths in a file start from the file's folder; those of the environment and of code are taken as they are", async () => {
  const file = join(folder, "flyball.json");
  writeFileSync(file, JSON.stringify({ telemetry: { priceFile: "prices.json" }, store: { path: ":memory:" } }));
  const elsewhere = await load({ folder: "/nonexistent", file });
  expect(elsewhere.configuration.telemetry.priceFile).toBe(join(folder, "prices.json"));
  expect(elsewhere.configuration.store.path).toBe(":memory:");
  const { configuration } = await load({ file, code: { telemetry: { priceFile: "mine.json" } } });
  expect(configuration.telemetry.priceFile).toBe("mine.json");
});

test("YAML files are read, yml and json too", async () => {
  writeFileSync(join(folder, "flyball.yml"), "http:\n  port: 9464\n");
  const { configuration, sources } = await load({});
  expect(configuration.http.port).toBe(9464);
  expect(sources.get("http.port")).toBe(`file ${join(folder, "flyball.yml")}`);
});

function nested(flat: Readonly<Record<string, unknown>>): ConfigurationInput {
  const tree: Record<string, Record<string, unknown>> = {};
  for (const [path, value] of Object.entries(flat)) {
    const [group = "", key = ""] = path.split(".");
    tree[group] = { ...tree[group], [key]: value };
  }
  return tree as ConfigurationInput;
}
