import { fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import { createScriptedProvider, type GenerateRequest } from "../src/index.ts";
import { providerConformance } from "./provider-conformance.ts";
import { scriptedSubject } from "./scripted-subject.ts";

const ask = (content: string): GenerateRequest => ({ model: "m", messages: [{ role: "user", content }] });

providerConformance("scripted", async () => {
  const provider = scriptedSubject();
  return {
    provider,
    model: "m",
    question: "short",
    longQuestion: "long",
    structuredQuestion: "structured",
    close: () => provider.close(),
  };
});

describe("a script", () => {
  it("takes the first line that matches and has times left", async () => {
    const provider = createScriptedProvider({
      answers: [
        { when: /cat/, text: "meow", times: 1 },
        { when: "cat", text: "purr" },
        { when: (request) => request.messages.length > 1, text: "many" },
        { text: (request) => `echo ${request.model}`, times: 1 },
      ],
    });
    const said = async (content: string) => (await provider.generate(ask(content))).text;
    expect([await said("a cat"), await said("a cat"), await said("dog")]).toEqual(["meow", "purr", "echo m"]);
    await expect(provider.generate(ask("dog"))).rejects.toMatchObject({ code: "script_exhausted" });
    expect(provider.calls.map((call) => call.messages[0]?.content)).toEqual(["a cat", "a cat", "dog", "dog"]);
  });

  it("takes its time on the clock", async () => {
    const clock = fakeClock();
    const provider = createScriptedProvider({ clock, answers: [{ text: "late", delayMs: 700 }] });
    let text = "";
    const answer = provider.generate(ask("hello")).then((result) => {
      text = result.text;
    });
    await clock.advance(699);
    expect(text).toBe("");
    await clock.advance(1);
    await answer;
    expect(text).toBe("late");
  });

  it("fails, hangs and cuts off as told", async () => {
    const boom = new Error("boom");
    const provider = createScriptedProvider({
      answers: [
        { when: "fail", fail: boom },
        { when: "cut", text: "one two three", cutAfter: 2 },
        { when: "hang", hang: true },
      ],
      healthy: () => false,
    });
    await expect(provider.generate(ask("fail"))).rejects.toBe(boom);
    await expect(provider.generate(ask("cut"))).rejects.toMatchObject({ partialText: "one two" });
    await expect(provider.generate({ ...ask("hang"), timeoutMs: 5 })).rejects.toMatchObject({ code: "timeout" });
    expect(await provider.health()).toMatchObject({ healthy: false, reason: "the script says so" });
  });
});
