import { createScriptedProvider, type ScriptedProvider } from "../src/index.ts";

/** A script that can be asked everything the conformance suite asks. */
export function scriptedSubject(): ScriptedProvider {
  return createScriptedProvider({
    answers: [
      { when: "short", text: "one two three four five six" },
      { when: "long", text: "word ".repeat(200), delayMs: 20, chunkDelayMs: 5 },
      { when: "structured", text: '{"yes": true}' },
    ],
  });
}
