import { createServer, type IncomingMessage } from "node:http";
import { type Clock, ConfigurationError, systemClock, toError } from "@flyball/core";
import { modelBody } from "../server/answers.ts";
import { errorAnswer } from "../server/errors.ts";
import type { Provider } from "../types.ts";
import { fillerAnswerer, providerAnswerer } from "./answer.ts";
import { type Exchange, sendError, sendJson } from "./exchange.ts";
import { createFaults, type FaultSettings } from "./faults.ts";
import { isAdmin, listenOnLoopback, readJson, socketExchange } from "./http.ts";
import { type EmulatorProfile, type EmulatorProfileInput, parseProfile } from "./profile.ts";
import { emulatorProfiles } from "./profiles.ts";
import { scaledClock } from "./scaled-clock.ts";
import { createService } from "./service.ts";
import { createCounters, type EmulatorStats } from "./stats.ts";

export interface EmulatorOptions {
  /** A profile, or the name of one in `emulatorProfiles`. */
  readonly profile: EmulatorProfileInput | string;
  /** The same seed and the same order of requests give the same texts, latencies and faults. Default 1. */
  readonly seed?: number;
  /** Real milliseconds per reference millisecond, for example 1/20. Default 1. Every answer's headers say it. */
  readonly timeScale?: number;
  readonly clock?: Clock;
  /** Makes the texts. Default: seeded filler of the asked length. The emulator does not close it. */
  readonly provider?: Provider;
  readonly faults?: FaultSettings;
  /** Opens `POST /emulator/faults` and `GET /emulator/stats` to loopback callers who bear it. Default: closed. */
  readonly adminToken?: string;
}

/** A remote OpenAI-compatible provider, emulated on real sockets, for measurements. */
export interface Emulator {
  /** Listens on loopback. Port 0, the default, takes a free one. `baseUrl` is what OpenAI clients are given. */
  listen(port?: number): Promise<{ readonly url: string; readonly baseUrl: string; readonly port: number }>;
  stats(): EmulatorStats;
  /** Replaces the faults in force; `{}` turns all off. @throws ConfigurationError */
  setFaults(faults: FaultSettings): void;
  /** Stops listening and cuts what is under way. */
  close(): Promise<void>;
}

/**
 * Makes an emulator; it listens when told.
 * @throws ConfigurationError for a profile, scale or fault that does not make sense.
 */
export function createEmulator(options: EmulatorOptions): Emulator {
  const profile = typeof options.profile === "string" ? namedProfile(options.profile) : parseProfile(options.profile);
  const seed = options.seed ?? 1;
  const timeScale = options.timeScale ?? 1;
  if (!(timeScale > 0 && timeScale <= 1000)) {
    throw new ConfigurationError("timeScale", timeScale, "a number above 0 and up to 1000");
  }
  const counters = createCounters(profile.name, seed, timeScale);
  const faults = createFaults(options.faults);
  const clock = scaledClock(options.clock ?? systemClock, timeScale);
  const service = createService({
    profile,
    seed,
    timeScale,
    clock,
    faults,
    counters,
    answerer: options.provider ? providerAnswerer(options.provider) : fillerAnswerer(profile.outputTokens, seed),
  });
  const stats = (): EmulatorStats => ({ ...counters, faults: { ...counters.faults } });

  function setFaults(body: unknown, exchange: Exchange): void {
    try {
      faults.set(body);
      sendJson(exchange, 200, { ok: true });
    } catch (error) {
      sendError(exchange, errorAnswer(400, toError(error).message, "invalid_value"));
    }
  }

  async function route(request: IncomingMessage, exchange: Exchange): Promise<void> {
    const path = new URL(request.url ?? "/", "http://emulator").pathname.replace(/^\/v1(?=\/)/, "");
    const mayAdminister = options.adminToken !== undefined && isAdmin(request, options.adminToken);
    switch (`${request.method} ${path}`) {
      case "POST /chat/completions":
        return withBody(request, exchange, service.chat);
      case "POST /embeddings":
        return withBody(request, exchange, service.embeddings);
      case "GET /models":
        await clock.sleep(profile.healthMs);
        return sendJson(exchange, 200, modelList(profile));
      case "GET /health":
        await clock.sleep(profile.healthMs);
        return sendJson(exchange, faults.unhealthy ? 503 : 200, { status: faults.unhealthy ? "unhealthy" : "ok" });
      case "GET /emulator/stats":
        if (mayAdminister) return sendJson(exchange, 200, stats());
        break;
      case "POST /emulator/faults":
        if (mayAdminister) return withBody(request, exchange, setFaults);
        break;
    }
    // A closed door answers like no door at all.
    sendError(exchange, errorAnswer(404, `There is no ${request.method} ${path}.`, null));
  }

  const marks = { "x-emulator-profile": profile.name, "x-emulator-time-scale": String(timeScale) };
  const server = createServer((request, response) => {
    const exchange = socketExchange(response, marks);
    route(request, exchange).catch((error: unknown) => {
      if (response.headersSent) exchange.cut();
      else sendError(exchange, errorAnswer(500, toError(error).message, "emulator_error"));
    });
  });
  // Longer than any client's idle time: whether a connection is used again must be the client's doing.
  server.keepAliveTimeout = 120_000;
  server.on("connection", () => counters.connections++);

  return {
    stats,
    setFaults: faults.set,
    async listen(port = 0) {
      const bound = await listenOnLoopback(server, port);
      const url = `http://127.0.0.1:${bound}`;
      return { url, baseUrl: `${url}/v1`, port: bound };
    },
    async close() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function namedProfile(name: string): EmulatorProfile {
  const profile = Object.hasOwn(emulatorProfiles, name) ? emulatorProfiles[name] : undefined;
  if (!profile) throw new ConfigurationError("profile", name, `one of ${Object.keys(emulatorProfiles).join(", ")}`);
  return profile;
}

function modelList(profile: EmulatorProfile): object {
  const named = Object.keys(profile.models);
  const ids = named.length > 0 ? named : [profile.name];
  return { object: "list", data: ids.map(modelBody) };
}

async function withBody(
  request: IncomingMessage,
  exchange: Exchange,
  handle: (body: unknown, exchange: Exchange) => Promise<void> | void,
): Promise<void> {
  const read = await readJson(request);
  if ("status" in read) sendError(exchange, read);
  else await handle(read.body, exchange);
}
