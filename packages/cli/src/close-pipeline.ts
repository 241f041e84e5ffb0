import { systemClock, withDeadline } from "@flyball/core";
import type { Flyball, ReadyPipeline } from "@flyball/sdk";

/** Lets a pipeline give back what it took; one that throws or hangs there does not keep the command from ending. */
export async function closePipeline(
  pipeline: Pick<ReadyPipeline<never, never, never>, "close">,
  flyball: Flyball,
): Promise<void> {
  try {
    const closed = Promise.resolve(pipeline.close?.());
    // A timer of its own: the deadline's does not keep the process alive while the pipeline does nothing.
    const alive = setInterval(() => {}, 1000);
    await withDeadline(closed, flyball.configuration.shutdown.timeoutMs, "closing the pipeline", systemClock).finally(
      () => clearInterval(alive),
    );
  } catch (error) {
    flyball.logger.warn({ err: error }, "flyball: the pipeline did not close");
  }
}
