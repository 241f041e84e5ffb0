import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { createOpenAiProvider } from "../src/index.ts";
import { createPlainTransport } from "../src/pool/plain.ts";
import { createPooledTransport } from "../src/pool/pooled.ts";
import type { Transport } from "../src/pool/transport.ts";
import { completion, json, startServer } from "./http-server.ts";
import { until } from "./until.ts";

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

async function ask(transport: Transport): Promise<number> {
  const { status, body } = await transport.send({
    method: "GET",
    path: "/",
    headers: {},
    signal: new AbortController().signal,
  });
  for await (const _ of body);
  return status;
}

/** A server that holds every request until told. */
async function holdingServer() {
  const held: ServerResponse[] = [];
  const server = await startServer((_seen, response) => void held.push(response));
  cleanUp.push(server.close);
  const answerAll = (): void => {
    for (const response of held.splice(0)) json(response, 200, {});
  };
  return { server, held, answerAll };
}

describe("pooled connections", () => {
  it("are reused by requests one after the other", async () => {
    const server = await startServer((_seen, response) => json(response, 200, {}));
    const transport = createPooledTransport(server.origin);
    cleanUp.push(server.close, () => transport.close());
    for (let i = 0; i < 10; i++) expect(await ask(transport)).toBe(200);
    // The second request may come before the first one's connection is back, so a second connection may open.
    expect(server.accepted()).toBeLessThanOrEqual(2);
    const connections = server.accepted();
    expect(transport.stats()).toEqual({
      requests: 10,
      connections,
      reused: 10 - connections,
      open: connections,
      active: 0,
      waiting: 0,
    });
  });

  it("go up to 50 at once, the rest waits, and 20 stay open afterwards", async () => {
    const { server, held, answerAll } = await holdingServer();
    const transport = createPooledTransport(server.origin);
    cleanUp.push(() => transport.close());
    const answers = Array.from({ length: 60 }, () => ask(transport));
    await server.requests(50);
    expect(held).toHaveLength(50);
    expect(server.open()).toBe(50);
    expect(transport.stats()).toMatchObject({ requests: 60, active: 50, waiting: 10 });
    answerAll();
    await server.requests(60);
    answerAll();
    expect(await Promise.all(answers)).toEqual(Array(60).fill(200));
    await until(() => server.open() <= 20);
    expect(server.open()).toBe(20);
    expect(transport.stats()).toMatchObject({ open: 20, active: 0, waiting: 0 });
    expect(server.accepted()).toBe(50);
  });

  it("close when idle for long enough", async () => {
    const server = await startServer((_seen, response) => json(response, 200, {}));
    const transport = createPooledTransport(server.origin, { idleMs: 20 });
    cleanUp.push(server.close, () => transport.close());
    await ask(transport);
    await until(() => server.open() === 0);
    expect(await ask(transport)).toBe(200);
    expect(server.accepted()).toBe(2);
  });

  it("are destroyed at closing when they do not finish in time", async () => {
    const { server } = await holdingServer();
    const transport = createPooledTransport(server.origin);
    const answer = ask(transport).catch((error: Error) => error.message);
    await server.requests(1);
    await transport.close(10);
    expect(await answer).toMatch(/destroyed/);
    await until(() => server.open() === 0);
  });

  it("refuse nonsensical limits", () => {
    expect(() => createPooledTransport("http://h", { connections: 0 })).toThrow(
      "pool.connections: expected a positive",
    );
    expect(() => createPooledTransport("http://h", { keepAlive: 9, connections: 4 })).toThrow("at most 4");
  });
});

describe("the plain path", () => {
  it("opens a connection for every request and keeps none", async () => {
    const server = await startServer((_seen, response) => json(response, 200, {}));
    const transport = createPlainTransport(server.origin);
    cleanUp.push(server.close, () => transport.close());
    for (let i = 0; i < 5; i++) await ask(transport);
    expect(server.accepted()).toBe(5);
    await until(() => server.open() === 0);
    expect(transport.stats()).toMatchObject({ requests: 5, connections: 5, reused: 0, open: 0 });
  });

  it("can be switched to and back between two requests", async () => {
    const server = await startServer((_seen, response) => json(response, 200, completion("hi")));
    let pooling = true;
    const provider = createOpenAiProvider({ baseUrl: server.origin, pooling: () => pooling });
    cleanUp.push(server.close, provider.close);
    const request = { model: "m", messages: [{ role: "user", content: "hello" }] } as const;
    for (const on of [true, false, false, true]) {
      pooling = on;
      await provider.generate(request);
    }
    expect(provider.stats()).toMatchObject({
      pooled: { requests: 2, connections: 1, reused: 1 },
      plain: { requests: 2, connections: 2, reused: 0 },
    });
  });
});
