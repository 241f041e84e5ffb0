import { setTimeout as delay } from "node:timers/promises";
import type { KnowledgeBase } from "./knowledge-base.ts";

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

/** The knowledge base at the pace of a service: what is cached in front of it saves that time, too. */
export function pacedKnowledge(knowledge: KnowledgeBase, pace: Pace): KnowledgeBase {
  return {
    async search(texts, limit, signal) {
      await pace("retrieval", signal);
      return knowledge.search(texts, limit, signal);
    },
    close: () => knowledge.close(),
  };
}
