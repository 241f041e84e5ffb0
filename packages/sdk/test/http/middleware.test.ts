import { once } from "node:events";
import {
  createServer,
  get,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { createTelemetry, type Outcome, type Telemetry } from "@flyball/telemetry";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { streamText } from "hono/streaming";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectMiddleware } from "../../src/http/connect.ts";
import { honoMiddleware } from "../../src/http/hono.ts";
import { nodeListener } from "../../src/http/node.ts";

/** What the service behind each adapter does, whatever the framework. */
interface Service {
  readonly telemetry: Telemetry;
  /** Opens the gate that `/stream/:id` waits at between its two chunks. */
  readonly gate: Promise<void>;
}

const adapters: Readonly<Record<string, (service: Service) => Server>> = {
  hono({ telemetry, gate }) {
    const app = new Hono();
    app.use(honoMiddleware(telemetry));
    app.get("/users/:id", (context) => context.text(context.req.param("id")));
    app.get("/nested/:id", async (context) => context.text(await inside(telemetry)));
    app.get("/fails/:id", (context) => context.text("no", 503));
    app.get("/throws/:id", () => {
      throw new Error("broken");
    });
    app.get("/stream/:id", (context) =>
      streamText(context, async (stream) => {
        await stream.write("first ");
        await gate;
        await stream.write("last");
      }),
    );
    app.onError((_error, context) => context.text("failed", 500));
    return createAdaptorServer({ fetch: app.fetch }) as Server;
  },
  connect(service) {
    const middleware = connectMiddleware(service.telemetry);
    const handler = plainHandler(service);
    return createServer((request, response) =>
      middleware(request, response, () => {
        // As Express does once its router has matched.
        const route = routeOf(request);
        if (route) Object.assign(request, { baseUrl: "", route: { path: route } });
        handler(request, response);
      }),
    );
  },
  "node:http"(service) {
    return createServer(nodeListener(service.telemetry, plainHandler(service), { route: routeOf }));
  },
};

function routeOf(request: IncomingMessage): string | undefined {
  const [, first] = (request.url ?? "").split("/");
  return ["users", "nested", "fails", "throws", "stream"].includes(first ?? "") ? `/${first}/:id` : undefined;
}

function plainHandler({ telemetry, gate }: Service): RequestListener {
  return async (request, response) => {
    const answer = (status: number, text: string): ServerResponse => response.writeHead(status).end(text);
    switch (routeOf(request)) {
      case "/users/:id":
        return answer(200, request.url?.split("/")[2] ?? "");
      case "/nested/:id":
        return answer(200, await inside(telemetry));
      case "/fails/:id":
        return answer(503, "no");
      case "/throws/:id":
        return answer(500, "failed");
      case "/stream/:id":
        response.write("first ");
        await gate;
        return response.end("last");
      default:
        return answer(404, "none");
    }
  };
}

const inside = (telemetry: Telemetry): Promise<string> =>
  telemetry.trace({ kind: "node", name: "inner" }, async () => "inner");

describe.each(Object.keys(adapters))("%s", (name) => {
  let outcomes: Outcome[];
  let server: Server;
  let openGate: () => void;
  let url: string;

  beforeEach(async () => {
    outcomes = [];
    const telemetry = createTelemetry({
      recorders: [
        {
          record() {
            throw new Error("a sink that is broken");
          },
        },
      ],
    });
    telemetry.subscribe((outcome) => outcomes.push(outcome));
    const gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
    server = (adapters[name] as (service: Service) => Server)({ telemetry, gate });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    openGate();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  /** The request's outcome comes with the end of the answer, which the client may see first. */
  async function requests(count: number): Promise<Outcome[]> {
    await expect.poll(() => outcomes.filter((outcome) => outcome.kind === "http").length).toBe(count);
    return outcomes.filter((outcome) => outcome.kind === "http");
  }

  test("counts each request once, by method, route pattern and status", async () => {
    expect(await (await fetch(`${url}/users/42`)).text()).toBe("42");
    await (await fetch(`${url}/users/43`)).text();
    const [first, second] = await requests(2);
    expect(first).toMatchObject({ status: "ok", labels: { method: "GET", route: "/users/:id", status_code: "200" } });
    expect(second?.labels).toEqual(first?.labels);
    expect(JSON.stringify(outcomes)).not.toContain("/users/42");
  });

  test("a server error is an error, a missing page is not", async () => {
    for (const path of ["/fails/1", "/throws/1", "/nowhere/1"]) await (await fetch(url + path)).text();
    const byRoute = (await requests(3)).map(({ status, labels }) => [labels?.status_code, status]);
    expect(byRoute).toEqual([
      ["503", "error"],
      ["500", "error"],
      ["404", "ok"],
    ]);
    expect(outcomes.at(-1)?.labels?.route).not.toContain("nowhere");
  });

  test("an unknown method does not become a label", async () => {
    await (await fetch(`${url}/users/1`, { method: "PROPFIND" })).text();
    expect((await requests(1))[0]?.labels?.method).toBe("_OTHER");
  });

  test("operations inside are children of the request", async () => {
    expect(await (await fetch(`${url}/nested/1`)).text()).toBe("inner");
    const [request] = await requests(1);
    expect(outcomes.find((outcome) => outcome.kind === "node")).toMatchObject({
      traceId: request?.traceId,
      parentSpanId: request?.spanId,
    });
  });

  test("goes on with the caller's trace, and not with a malformed one", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    await (await fetch(`${url}/users/1`, { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } })).text();
    await (
      await fetch(`${url}/users/1`, { headers: { traceparent: `00-${"0".repeat(32)}-b7ad6b7169203331-01` } })
    ).text();
    await (await fetch(`${url}/users/1`, { headers: { traceparent: "nonsense" } })).text();
    const [first, second, third] = await requests(3);
    expect(first).toMatchObject({ traceId, parentSpanId: "b7ad6b7169203331" });
    for (const other of [second, third]) {
      expect(other?.traceId).not.toBe(traceId);
      expect(other?.traceId).not.toMatch(/^0+$/);
    }
  });

  test("a streamed answer counts until its last byte", async () => {
    const response = await fetch(`${url}/stream/1`);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    expect(outcomes).toEqual([]);
    openGate();
    while (!(await reader.read()).done);
    expect((await requests(1))[0]).toMatchObject({ status: "ok", labels: { route: "/stream/:id" } });
  });

  test("a client that goes away is cancelled, not an error", async () => {
    const request = get(`${url}/stream/1`);
    request.on("error", () => {});
    const [response] = (await once(request, "response")) as [IncomingMessage];
    await once(response, "data");
    request.destroy();
    expect((await requests(1))[0]?.status).toBe("cancelled");
  });
});
