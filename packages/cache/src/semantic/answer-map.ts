import type { AnswerStore } from "./types.ts";

/** Answers in memory. Bounded by the cache that uses it, which deletes each answer with what points to it. */
export function createAnswerMap(): AnswerStore {
  const answers = new Map<string, string>();
  return {
    inProcess: true,
    get: (key) => answers.get(key),
    set: (key, text) => void answers.set(key, text),
    delete: (key) => void answers.delete(key),
  };
}
