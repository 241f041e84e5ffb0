import { createSecureServer } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { createOpenAiProvider } from "../src/index.ts";
import { completion } from "./http-server.ts";
import { certificate } from "./localhost-certificate.ts";

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
  vi.unstubAllEnvs();
});

/** A server that offers HTTP/2 and, to those who want it, HTTP/1.1. */
async function startServer() {
  const versions: string[] = [];
  const sockets = new Set<Socket>();
  const server = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
    versions.push(request.httpVersion);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(completion("hi")));
  });
  server.on("secureConnection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUp.push(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { versions, sockets, baseUrl: `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

const request = { model: "m", messages: [{ role: "user", content: "hello" }] } as const;

it("shares one HTTP/2 connection among many requests, or keeps to HTTP/1.1 when told", async () => {
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  const { versions, sockets, baseUrl } = await startServer();
  const provider = createOpenAiProvider({ baseUrl });
  cleanUp.push(provider.close);
  await provider.generate(request);
  await Promise.all(Array.from({ length: 40 }, () => provider.generate(request)));
  expect(new Set(versions)).toEqual(new Set(["2.0"]));
  expect(sockets.size).toBe(1);
  expect(provider.stats().pooled).toMatchObject({ requests: 41, connections: 1, reused: 40 });

  const plain = createOpenAiProvider({ baseUrl, pool: { http2: false } });
  cleanUp.push(plain.close);
  await plain.generate(request);
  expect(versions.at(-1)).toBe("1.1");
});
