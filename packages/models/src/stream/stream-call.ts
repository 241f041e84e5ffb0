import { CancelledError, type Clock, compose, type Middleware } from "@flyball/core";
import { BrokenAnswerError } from "../errors.ts";
import { estimateUsage } from "../estimate-usage.ts";
import { operationSignal } from "../operation-signal.ts";
import type { CallRecord, Reached } from "../record-call.ts";
import type { Chunk, GenerateRequest, GenerateResult, ModelCall, Provider } from "../types.ts";
import { handoff } from "./handoff.ts";
import { streamTimer } from "./timing.ts";

/**
 * Streams one answer through middleware. Middleware sees the call as a whole, so the provider's chunks go around it
 * to the reader, one at a time; when it answers without the provider, the reader gets its answer as one chunk. What
 * it makes of a finished answer shows in the finish, not in the text that was read before.
 */
export async function* streamCall(
  provider: Provider,
  middleware: readonly Middleware<ModelCall, GenerateResult>[],
  request: GenerateRequest,
  record: CallRecord,
  clock: Clock,
): AsyncGenerator<Chunk, void, undefined> {
  const what = `the stream from ${provider.name}`;
  const timer = streamTimer(clock);
  const life = operationSignal(what, request.signal, Number.POSITIVE_INFINITY, clock);
  const channel = handoff<Chunk>(() => life.abort(new CancelledError(what, "the reader stopped")));
  const reached: Reached = {};
  let text = "";

  const put = (piece: string): Promise<void> => {
    timer.chunk();
    text += piece;
    return channel.put({ type: "text", text: piece });
  };

  const ask = compose(middleware, async (call: ModelCall) => {
    for await (const chunk of provider.stream(call.request)) {
      if (chunk.type === "text") await put(chunk.text);
      else reached.result = chunk.result;
    }
    if (reached.result) return reached.result;
    throw new BrokenAnswerError("stream_incomplete", `${what} ended before it was finished`, text, {
      subject: provider.name,
      retryable: true,
    });
  });

  async function answer(): Promise<void> {
    try {
      const asked = { ...request, signal: life.signal };
      const result = await ask({ operation: "stream", provider: provider.name, request: asked });
      if (timer.timing() === undefined && result.text !== "") await put(result.text);
      record.end(result, reached, timer.timing());
      channel.put({ type: "finish", result }).catch(() => {});
      channel.end();
    } catch (thrown) {
      const error = life.signal.aborted ? life.signal.reason : thrown;
      record.fail(error, reached.result ?? estimate(), timer.timing());
      channel.end(error);
    } finally {
      life.dispose();
    }
  }

  /** Tokens were spent although no usage came: better an estimate than to lose their cost. */
  const estimate = () =>
    text === "" ? undefined : { usage: estimateUsage(request.messages, text), model: request.model };

  const done = record.within(answer);
  try {
    yield* channel.items;
  } finally {
    // A reader that stops early waits until the connection or the sequence was given back.
    await done;
  }
}
