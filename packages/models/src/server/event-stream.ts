import type { Chunk } from "../types.ts";
import { type AnswerIdentity, chunkBody, usageChunkBody } from "./answers.ts";
import { answerFor } from "./errors.ts";

/**
 * A streamed answer as server-sent events. It is pulled: the model waits for a slow reader. A reader that goes away
 * ends the answer through `abort`. `first` has been read already, so that an answer which fails at once can still
 * be refused with a status; one that fails later ends in an `error` event and without `[DONE]`.
 */
export function eventStream(
  identity: AnswerIdentity,
  first: IteratorResult<Chunk>,
  rest: AsyncIterator<Chunk>,
  options: { readonly includeUsage: boolean; readonly abort: () => void; readonly ended: () => void },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next: IteratorResult<Chunk> | undefined = first;
  const event = (data: unknown): Uint8Array =>
    encoder.encode(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);

  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(event(chunkBody(identity, { role: "assistant", content: "" }, null)));
    },
    async pull(controller) {
      try {
        const { done, value: chunk } = next ?? (await rest.next());
        next = undefined;
        if (!done && chunk.type === "text") {
          controller.enqueue(event(chunkBody(identity, { content: chunk.text }, null)));
          return;
        }
        if (!done && chunk.type === "finish") {
          controller.enqueue(event(chunkBody(identity, {}, chunk.result.finishReason)));
          if (options.includeUsage) controller.enqueue(event(usageChunkBody(identity, chunk.result.usage)));
          controller.enqueue(event("[DONE]"));
        }
      } catch (error) {
        controller.enqueue(event(answerFor(error).body));
      }
      controller.close();
      options.ended();
    },
    async cancel() {
      options.abort();
      await rest.return?.();
      options.ended();
    },
  });
}
