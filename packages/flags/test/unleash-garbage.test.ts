import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createUnleashFlags, newFlag, withShipped } from "../src/index.ts";
import { until } from "./fixtures/until.ts";

const good = JSON.stringify({ version: 2, features: [withShipped(newFlag("cache")), withShipped(newFlag("other"))] });
let server: Server | undefined;
afterEach(() => void server?.close());

async function answering(answer: () => { readonly status: number; readonly body: string }): Promise<string> {
  server = createServer((request, response) => {
    const { status, body } = request.url?.includes("/client/features") ? answer() : { status: 202, body: "" };
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
}

test.each([
  ["no JSON", 200, "<html>"],
  ["half of an answer", 200, good.slice(0, 60)],
  ["another form", 200, "{}"],
  ["no list", 200, '{"features":"none"}'],
  ["a server error", 500, "oops"],
  ["too many requests", 429, ""],
  ["a token that is no longer good", 403, ""],
])("%s leaves the rules as they were, and says so", async (_, status, body) => {
  let answer = { status: 200, body: good };
  const url = await answering(() => answer);
  const provider = await createUnleashFlags({ url, token: "t", refreshMs: 20, metricsMs: 0 });
  expect(provider.evaluate(["cache"], {})[0]?.arm).toBe("on");
  answer = { status, body };
  await until(() => !provider.health().healthy);
  expect(provider.evaluate(["cache"], {})[0]?.arm).toBe("on");
  await provider.close();
});

test("one flag that makes no sense stays as it was; the others change", async () => {
  let body = good;
  const url = await answering(() => ({ status: 200, body }));
  const provider = await createUnleashFlags({ url, token: "t", refreshMs: 20, metricsMs: 0 });
  body = JSON.stringify({
    version: 2,
    features: [{ name: "cache", enabled: "yes", strategies: [{}] }, { ...newFlag("other") }],
  });
  await until(() => provider.evaluate(["other"], {})[0]?.arm === "off");
  expect(provider.evaluate(["cache"], {})[0]?.arm).toBe("on");
  await provider.close();
});
