import { type FakeClock, fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import { fillerAnswerer } from "../../src/emulator/answer.ts";
import type { Exchange } from "../../src/emulator/exchange.ts";
import { createFaults, type FaultSettings } from "../../src/emulator/faults.ts";
import { type EmulatorProfileInput, parseProfile } from "../../src/emulator/profile.ts";
import { scaledClock } from "../../src/emulator/scaled-clock.ts";
import { createService } from "../../src/emulator/service.ts";
import { createCounters } from "../../src/emulator/stats.ts";

interface Recorded extends Exchange {
  status: number | undefined;
  headers: Record<string, string>;
  /** What was written, and when. */
  readonly writes: { readonly at: number; readonly text: string }[];
  ended: "end" | "cut" | undefined;
  leave(): void;
}

function recorder(clock: FakeClock): Recorded {
  const gone = new AbortController();
  const recorded: Recorded = {
    signal: gone.signal,
    status: undefined,
    headers: {},
    writes: [],
    ended: undefined,
    leave: () => gone.abort(new Error("left")),
    start(status, headers) {
      recorded.status = status;
      recorded.headers = { ...headers };
    },
    write: (text) => void recorded.writes.push({ at: clock.monotonic(), text }),
    end(text) {
      if (text) recorded.write(text);
      recorded.ended = "end";
    },
    cut() {
      recorded.ended = "cut";
    },
  };
  return recorded;
}

const steady: EmulatorProfileInput = {
  name: "steady",
  latency: { baseMs: 100, perInputTokenMs: 1, perOutputTokenMs: 10, jitter: 0, tokenJitter: 0 },
};

function emulated(
  profile: EmulatorProfileInput,
  options: { timeScale?: number; seed?: number; faults?: FaultSettings } = {},
) {
  const clock = fakeClock();
  const parsed = parseProfile(profile);
  const seed = options.seed ?? 1;
  const timeScale = options.timeScale ?? 1;
  const counters = createCounters(parsed.name, seed, timeScale);
  const faults = createFaults(options.faults);
  const service = createService({
    profile: parsed,
    seed,
    timeScale,
    clock: scaledClock(clock, timeScale),
    answerer: fillerAnswerer(parsed.outputTokens, seed),
    faults,
    counters,
  });
  function chat(more: object = {}): Recorded {
    const exchange = recorder(clock);
    void service.chat(
      { model: "m", messages: [{ role: "user", content: "x".repeat(64) }], max_tokens: 5, ...more },
      exchange,
    );
    return exchange;
  }
  return { clock, counters, faults, service, chat };
}

// 64 characters are 16 tokens and 4 for the message: 100 + 20 + 5 × 10 = 170 ms.
const oneCallMs = 170;

describe("an emulated answer on the fake clock", () => {
  it("comes when base, prefill and generation are over, not before", async () => {
    const { clock, chat } = emulated(steady);
    const exchange = chat();
    await clock.advance(oneCallMs - 1);
    expect(exchange.status).toBeUndefined();
    await clock.advance(1);
    expect(exchange.status).toBe(200);
    expect(exchange.headers["x-emulator-planned-ms"]).toBe("170.0");
    expect(JSON.parse(exchange.writes[0]?.text ?? "")).toMatchObject({
      object: "chat.completion",
      model: "m",
      usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25, prompt_tokens_details: { cached_tokens: 0 } },
    });
  });

  it("streams its first token after the prefill and the others a gap apart", async () => {
    const { clock, chat } = emulated(steady);
    const exchange = chat({ stream: true, stream_options: { include_usage: true } });
    await clock.advance(1000);
    const texts = exchange.writes.filter(({ text }) => text.includes('"content"'));
    expect(texts.map(({ at }) => at)).toEqual([130, 140, 150, 160, 170]);
    const frames = exchange.writes
      .map(({ text }) => text)
      .join("")
      .trim()
      .split("\n\n");
    expect(frames.at(-1)).toBe("data: [DONE]");
    expect(frames.at(-2)).toContain('"completion_tokens":5');
    expect(frames.at(-3)).toContain('"finish_reason":"stop"');
  });

  it("takes the stated fraction of the time, and tokens due within one timer tick go out together", async () => {
    const { clock, chat } = emulated(steady, { timeScale: 1 / 20 });
    const exchange = chat({ stream: true });
    await clock.advance(oneCallMs / 20 - 0.01);
    expect(exchange.ended).toBeUndefined();
    await clock.advance(0.02);
    expect(exchange.ended).toBe("end");
  });

  it("waits for the model to load on the first call, and calls that come meanwhile wait for the same load", async () => {
    const { clock, chat } = emulated({ ...steady, latency: { ...steady.latency, loadMs: 5000 } });
    const first = chat();
    await clock.advance(3000);
    const second = chat();
    await clock.advance(2000 + oneCallMs - 1);
    expect([first.status, second.status]).toEqual([undefined, undefined]);
    await clock.advance(1);
    expect([first.status, second.status]).toEqual([200, 200]);
    const third = chat();
    await clock.advance(oneCallMs);
    expect(third.status).toBe(200);
  });

  it("is quicker when the prompt's prefix was seen before, and says how many tokens were cached", async () => {
    const { clock, chat, counters } = emulated(steady);
    const question = (content: string) =>
      chat({
        messages: [
          { role: "system", content: "s".repeat(8000) },
          { role: "user", content },
        ],
      });
    question("first");
    await clock.advance(10_000);
    const second = question("other");
    await clock.advance(10_000);
    const usage = JSON.parse(second.writes[0]?.text ?? "").usage;
    expect(usage.prompt_tokens_details.cached_tokens).toBe(15 * 128);
    // A cached token costs a tenth: 100 + (2010 − 0.9 × 1920) + 50.
    expect(Number(second.headers["x-emulator-planned-ms"])).toBeCloseTo(150 + usage.prompt_tokens - 0.9 * 1920, 1);
    expect(counters.cachedTokens).toBe(1920);
  });

  it("is the same for the same seed and order, whatever happens to other requests", async () => {
    const jittered = { ...steady, latency: { ...steady.latency, jitter: 0.3, tokenJitter: 0.3 } };
    async function planned(seed: number, leaveFirst: boolean): Promise<(string | undefined)[]> {
      const { clock, chat } = emulated(jittered, { seed });
      const exchanges = [chat(), chat({ stream: true }), chat()];
      if (leaveFirst) exchanges[0]?.leave();
      await clock.advance(5000);
      return exchanges.slice(1).map((exchange) => exchange.headers["x-emulator-planned-ms"]);
    }
    expect(await planned(3, false)).toEqual(await planned(3, true));
    expect(await planned(3, false)).not.toEqual(await planned(4, false));
  });
});

describe("limits", () => {
  it("serve as many at once as there are slots, queue some more and refuse the rest", async () => {
    const { clock, chat, counters } = emulated({ ...steady, concurrency: { limit: 2, queue: 1 } });
    const exchanges = [chat(), chat(), chat(), chat()];
    await clock.advance(0);
    expect(exchanges.map(({ status }) => status)).toEqual([undefined, undefined, undefined, 429]);
    expect(exchanges[3]?.headers).toMatchObject({ "retry-after": "1", "retry-after-ms": "1000" });
    await clock.advance(oneCallMs);
    expect(exchanges.map(({ status }) => status)).toEqual([200, 200, undefined, 429]);
    await clock.advance(oneCallMs);
    expect(exchanges[2]?.status).toBe(200);
    expect(counters).toMatchObject({ answered: 3, refused: 1, inFlight: 0, inFlightPeak: 2, waitingPeak: 1 });
  });

  it("give a place in the queue back when its caller leaves", async () => {
    const { clock, chat, counters } = emulated({ ...steady, concurrency: { limit: 1, queue: 1 } });
    const [serving, waiting] = [chat(), chat()];
    await clock.advance(10);
    waiting.leave();
    await clock.advance(0);
    const next = chat();
    await clock.advance(oneCallMs * 2);
    expect([serving.status, waiting.status, next.status]).toEqual([200, undefined, 200]);
    expect(counters.abandoned).toBe(1);
  });

  it("let a burst through, then the rate, and say in real time when to come again", async () => {
    const { clock, chat } = emulated({ ...steady, rate: { perSecond: 2, burst: 3 } }, { timeScale: 0.1 });
    const statuses = Array.from({ length: 5 }, () => chat());
    await clock.advance(40);
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(statuses[3]?.headers["retry-after-ms"]).toBe("50");
    await clock.advance(11);
    const later = chat();
    await clock.advance(40);
    expect(later.status).toBe(200);
  });
});

describe("faults", () => {
  it("strike the next calls in the order given, then no more", async () => {
    const { clock, chat, counters } = emulated(steady, {
      faults: {
        next: ["rate_limited", "server_error", "reset", "garbage", "half_stream", "slow"],
        retryAfterSeconds: 3,
      },
    });
    const exchanges = Array.from({ length: 7 }, () => chat());
    await clock.advance(oneCallMs);
    expect(exchanges.map(({ status }) => status)).toEqual([429, 500, undefined, 200, 200, undefined, 200]);
    expect(exchanges.map(({ ended }) => ended)).toEqual(["end", "end", "cut", "end", "cut", undefined, "end"]);
    expect(exchanges[0]?.headers["retry-after"]).toBe("3");
    expect(() => JSON.parse(exchanges[3]?.writes[0]?.text ?? "")).toThrow();
    await clock.advance(oneCallMs * 9);
    expect(exchanges[5]?.status).toBe(200);
    expect(counters.faults).toEqual({
      rate_limited: 1,
      server_error: 1,
      hang: 0,
      half_stream: 1,
      garbage: 1,
      reset: 1,
      slow: 1,
    });
    expect(counters.answered).toBe(2);
  });

  it("hang holds its slot until the caller leaves", async () => {
    const { clock, chat, counters } = emulated(
      { ...steady, concurrency: { limit: 1 } },
      { faults: { next: ["hang"] } },
    );
    const hung = chat();
    await clock.advance(3_600_000);
    expect(hung.status).toBeUndefined();
    expect(counters.inFlight).toBe(1);
    hung.leave();
    await clock.advance(0);
    expect(counters).toMatchObject({ inFlight: 0, abandoned: 1 });
  });

  it("half a stream is half the tokens and no proper end", async () => {
    const { clock, chat } = emulated(steady, { faults: { next: ["half_stream"] } });
    const exchange = chat({ stream: true, max_tokens: 10 });
    await clock.advance(1000);
    const sent = exchange.writes.map(({ text }) => text).join("");
    expect(sent.match(/"content"/g)).toHaveLength(5);
    expect(sent).not.toContain("[DONE]");
    expect(exchange.ended).toBe("cut");
  });

  it("strike with their probability, in the same places for the same seed", async () => {
    async function statuses(seed: number): Promise<(number | undefined)[]> {
      const { clock, chat } = emulated(
        { ...steady, concurrency: { limit: 1000 } },
        { seed, faults: { probability: { server_error: 0.25, rate_limited: 0.25 } } },
      );
      const exchanges = Array.from({ length: 600 }, () => chat());
      await clock.advance(oneCallMs);
      return exchanges.map(({ status }) => status);
    }
    const drawn = await statuses(1);
    expect(drawn).toEqual(await statuses(1));
    expect(drawn).not.toEqual(await statuses(2));
    for (const status of [500, 429]) {
      const share = drawn.filter((each) => each === status).length / drawn.length;
      // Four standard deviations of a binomial with 600 draws.
      expect(Math.abs(share - 0.25)).toBeLessThan(0.071);
    }
  });

  it("are refused when they do not make sense", () => {
    const faults = createFaults();
    expect(() => faults.set({ next: ["explode"] })).toThrow(/faults\.next\.0/);
    expect(() => faults.set({ probability: { hang: 0.6, reset: 0.6 } })).toThrow(/at most 1/);
    expect(() => faults.set({ probabilty: {} })).toThrow(/probabilty/);
  });
});

describe("requests", () => {
  it.each([
    [{ messages: [] }, "messages"],
    [{ n: 3 }, "n"],
    [{ max_tokens: 0 }, "max_tokens"],
    [{ model: undefined }, "model"],
  ])("%j is refused, saying which field", async (wrong, field) => {
    const { clock, chat, counters } = emulated(steady);
    const exchange = chat(wrong);
    await clock.advance(0);
    expect(exchange.status).toBe(400);
    expect(JSON.parse(exchange.writes[0]?.text ?? "").error.message).toContain(field);
    expect(counters.requests).toBe(0);
  });
});
