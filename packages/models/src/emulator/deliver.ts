import type { Clock } from "@flyball/core";
import { type AnswerIdentity, chunkBody, usageChunkBody } from "../server/answers.ts";
import type { GenerateResult } from "../types.ts";
import { type Exchange, jsonHeaders } from "./exchange.ts";
import type { FaultKind } from "./faults.ts";

/** How one answer goes out: when each token is due on the clock, and what goes wrong on the way. */
export interface Delivery {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly fault: FaultKind | undefined;
  /** Monotonic times of the tokens; never empty, ascending. */
  readonly dueAt: readonly number[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends one JSON body when its last token is due. Resolves with whether it arrived whole. */
export async function deliverWhole(delivery: Delivery, body: object): Promise<boolean> {
  const { exchange, fault } = delivery;
  await untilDue(delivery, delivery.dueAt.length - 1);
  const text = JSON.stringify(body);
  if (fault === "garbage") {
    const garbage = `${text.slice(0, text.length / 2)}\u0000`;
    exchange.start(200, { ...jsonHeaders(garbage), ...delivery.headers });
    exchange.end(garbage);
    return false;
  }
  exchange.start(200, { ...jsonHeaders(text), ...delivery.headers });
  if (fault === "half_stream") {
    exchange.write(text.slice(0, text.length / 2));
    exchange.cut();
    return false;
  }
  exchange.end(text);
  return true;
}

/** Sends server-sent events, each token when it is due. Resolves with whether the answer arrived whole. */
export async function deliverStream(
  delivery: Delivery,
  identity: AnswerIdentity,
  result: GenerateResult,
  includeUsage: boolean,
): Promise<boolean> {
  const { exchange, clock, dueAt, fault } = delivery;
  const pieces = split(result.text, dueAt.length);
  const stopAt = fault === "half_stream" ? Math.floor(pieces.length / 2) : pieces.length;
  /** The token that completes a piece. */
  const tokenOf = (piece: number): number => Math.ceil(((piece + 1) * dueAt.length) / pieces.length) - 1;

  await untilDue(delivery, 0);
  exchange.start(200, { "content-type": "text/event-stream", "cache-control": "no-cache", ...delivery.headers });
  if (fault === "garbage") {
    exchange.end('data: {"choices":[{"delta":\n\n');
    return false;
  }
  for (let piece = 0; piece < stopAt; ) {
    await untilDue(delivery, tokenOf(piece));
    // Timers are no finer than a millisecond and scaled gaps often are: whatever is due by now goes out together,
    // so that lateness never adds up.
    const now = clock.monotonic();
    let frames = "";
    do frames += frame(chunkBody(identity, { role: "assistant", content: pieces[piece++] }, null));
    while (piece < stopAt && (dueAt[tokenOf(piece)] as number) <= now);
    exchange.write(frames);
  }
  if (fault === "half_stream") {
    exchange.cut();
    return false;
  }
  await untilDue(delivery, dueAt.length - 1);
  exchange.write(frame(chunkBody(identity, {}, result.finishReason)));
  if (includeUsage) exchange.write(frame(usageChunkBody(identity, result.usage)));
  exchange.end("data: [DONE]\n\n");
  return true;
}

async function untilDue({ clock, dueAt, exchange }: Delivery, token: number): Promise<void> {
  const waitMs = (dueAt[token] as number) - clock.monotonic();
  if (waitMs > 0) await clock.sleep(waitMs, exchange.signal);
  exchange.signal.throwIfAborted();
}

function frame(body: object): string {
  return `data: ${JSON.stringify(body)}\n\n`;
}

/** Cuts a text into at most `count` pieces of about the same length, never inside a character. */
function split(text: string, count: number): string[] {
  const characters = Array.from(text);
  const pieces = Math.min(count, characters.length);
  return Array.from({ length: pieces }, (_, index) =>
    characters
      .slice(Math.floor((index * characters.length) / pieces), Math.floor(((index + 1) * characters.length) / pieces))
      .join(""),
  );
}
