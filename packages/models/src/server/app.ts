import { createHash, timingSafeEqual } from "node:crypto";
import { CancelledError, type Clock, newTraceId } from "@flyball/core";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { z } from "zod";
import type { ModelClient } from "../types.ts";
import { completionBody, embeddingsBody, modelBody } from "./answers.ts";
import { answerFor, answerForShape, type ErrorAnswer, errorAnswer } from "./errors.ts";
import { eventStream } from "./event-stream.ts";
import { chatRequest, embeddingsRequest, toEmbedRequest, toGenerateRequest } from "./requests.ts";

export interface AppOptions {
  readonly client: ModelClient;
  /** Names for `/v1/models`. */
  readonly models: readonly string[];
  /** Required as a bearer token on everything but `/health`. */
  readonly token: string | undefined;
  readonly bodyLimitBytes: number;
  readonly clock: Clock;
  /** Aborted when the server will not wait for answers any longer. */
  readonly shutdown: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/** The routes. It does not listen: `fetch` is all there is to it. */
export function createApp(options: AppOptions): Hono {
  const { client, clock } = options;
  const app = new Hono();

  app.get("/health", async (context) => {
    const { healthy, reason } = await client.health();
    return healthy ? context.json({ status: "ok" }) : context.json({ status: "unhealthy", reason }, 503);
  });

  app.use("/v1/*", async (context, next) => {
    if (options.token !== undefined && !carriesToken(context, options.token)) {
      return refuse(context, errorAnswer(401, "Incorrect API key provided.", "invalid_api_key"));
    }
    return next();
  });
  app.use(
    "/v1/*",
    bodyLimit({
      maxSize: options.bodyLimitBytes,
      onError: (context) =>
        refuse(context, errorAnswer(413, `The body is larger than ${options.bodyLimitBytes} bytes.`, "body_too_large")),
    }),
  );

  app.post("/v1/chat/completions", async (context) => {
    const body = await readBody(context, chatRequest);
    if ("status" in body) return refuse(context, body);
    const life = requestLife(context, options.shutdown);
    const request = toGenerateRequest(body.value, life.signal);
    const identity = {
      id: `chatcmpl-${newTraceId()}`,
      created: Math.floor(clock.now() / 1000),
      model: body.value.model,
    };
    if (!body.value.stream) {
      try {
        const result = await client.generate(request);
        return context.json(completionBody({ ...identity, model: result.model }, result));
      } finally {
        life.end();
      }
    }
    const chunks = client.stream(request)[Symbol.asyncIterator]();
    try {
      const first = await chunks.next();
      const stream = eventStream(identity, first, chunks, {
        includeUsage: body.value.stream_options?.include_usage ?? false,
        abort: life.abort,
        ended: life.end,
      });
      return context.body(stream, 200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    } catch (error) {
      life.end();
      throw error;
    }
  });

  app.post("/v1/embeddings", async (context) => {
    const body = await readBody(context, embeddingsRequest);
    if ("status" in body) return refuse(context, body);
    const life = requestLife(context, options.shutdown);
    try {
      const result = await client.embed(toEmbedRequest(body.value, life.signal));
      return context.json(embeddingsBody(result, body.value.encoding_format ?? "float"));
    } finally {
      life.end();
    }
  });

  app.get("/v1/models", (context) => context.json({ object: "list", data: options.models.map(modelBody) }));
  app.get("/v1/models/:id{.+}", (context) => {
    const id = context.req.param("id");
    if (options.models.includes(id)) return context.json(modelBody(id));
    return refuse(context, errorAnswer(404, `The model "${id}" does not exist.`, "model_not_found", "model"));
  });

  app.notFound((context) =>
    refuse(context, errorAnswer(404, `There is no ${context.req.method} ${context.req.path}.`, null)),
  );
  app.onError((error, context) => {
    const answer = answerFor(error);
    if (answer.status >= 500) options.onError(error);
    return refuse(context, answer);
  });
  return app;
}

function refuse(context: Context, { status, body, headers }: ErrorAnswer): Response {
  // 499, "the client went away", is nginx's word and not in hono's table; nobody reads it anyway.
  return context.json(body, status as 400, headers);
}

async function readBody<T>(context: Context, shape: z.ZodType<T>): Promise<{ readonly value: T } | ErrorAnswer> {
  let json: unknown;
  try {
    json = await context.req.json();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return errorAnswer(400, "The body is not JSON.", "invalid_json");
  }
  const parsed = shape.safeParse(json);
  return parsed.success ? { value: parsed.data } : answerForShape(parsed.error);
}

function carriesToken(context: Context, token: string): boolean {
  const given = context.req.header("authorization")?.replace(/^Bearer\s+/i, "") ?? "";
  // Hashed first: the comparison takes equally long for tokens of any length.
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(token));
}

/** A signal that aborts when the client goes away or the server stops waiting. */
function requestLife(context: Context, shutdown: AbortSignal) {
  const controller = new AbortController();
  const client = context.req.raw.signal;
  const onLeave = (): void => controller.abort(new CancelledError("the request", "the client went away"));
  const onShutdown = (): void => controller.abort(new CancelledError("the request", "the server is shutting down"));
  client.addEventListener("abort", onLeave, { once: true });
  shutdown.addEventListener("abort", onShutdown, { once: true });
  if (client.aborted) onLeave();
  return {
    signal: controller.signal,
    abort: onLeave,
    end() {
      client.removeEventListener("abort", onLeave);
      shutdown.removeEventListener("abort", onShutdown);
    },
  };
}
