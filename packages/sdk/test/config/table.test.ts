import { expect, test } from "vitest";
import { printable } from "../../src/config/mask.ts";
import { configurationTable } from "../../src/config/table.ts";

test("docs/configuration.md says what the schema says", async () => {
  await expect(await configurationTable()).toMatchFileSnapshot("../../../../docs/configuration.md");
});

test("secrets are masked where they are printed, and a URL keeps its host", () => {
  expect(printable("models.openai.apiKey", "sk-canary")).toBe("***");
  expect(printable("redis.url", "redis://user:canary@cache.local:6379/0")).toBe("redis://***@cache.local:6379");
  expect(printable("telemetry.otlp.headers", { authorization: "canary" })).toEqual({ authorization: "***" });
  expect(printable("telemetry.otlp.endpoint", "http://u:canary@c:4318/x")).toBe("http://***@c:4318/x");
  expect(printable("service.name", "shop")).toBe("shop");
});
