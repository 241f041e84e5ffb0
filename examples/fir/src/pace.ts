import { setTimeout as delay } from "node:timers/promises";

/** Services other than the model whose time a measurement emulates. */
export type PacedStep = "process" | "retrieval" | "document" | "approval";

/**
 * Stands in for the time that services around the pipeline take: transcription, the knowledge base, the document
 * store, a person's click. In ordinary runs there is none; measurements against the emulator set the reference
 * system's times, scaled like the model's.
 */
export type Pace = (step: PacedStep, signal?: AbortSignal) => Promise<void>;

/** No waiting: what is measured is what really happens here. */
export const unpaced: Pace = async () => {};

/** Waits the reference's milliseconds times `timeScale` (for example 1/40). */
export function pacedBy(referenceMs: Readonly<Record<PacedStep, number>>, timeScale: number): Pace {
  return (step, signal) => delay(referenceMs[step] * timeScale, undefined, signal ? { signal } : {});
}
