import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AlertState, evaluate, inactive, type Rule, type Verdict } from "../src/index.ts";

const minute = 60_000;

const base = {
  type: "threshold",
  name: "rule",
  summary: "For tests.",
  measure: { metric: "duration", kind: "run" },
  above: 1,
  every: 1,
} as const;

const verdicts: Record<string, Verdict> = {
  b: { outcome: "breach", because: "value", value: 2, text: "" },
  c: { outcome: "clear", because: "value", value: 0, text: "" },
  h: { outcome: "hold", because: "value", value: 1, text: "" },
};

/** First letters of the statuses after each minute's verdict: b breach, c clear, h hold. */
function statuses(rule: Rule, story: string): string {
  let state: AlertState = inactive;
  let letters = "";
  for (const [index, letter] of [...story].entries()) {
    state = evaluate(rule, verdicts[letter] as Verdict, state, index * minute);
    letters += state.status[0];
  }
  return letters;
}

describe("the states of an alert", () => {
  it.each<[string, Rule, string, string]>([
    ["fires at once without a pending time", base, "cbbcc", "iffri"],
    ["waits for as long as it is told", { ...base, for: 2 }, "bbbbc", "ppffr"],
    ["forgets a wait that was interrupted", { ...base, for: 2 }, "bbcbbbc", "ppippfr"],
    ["neither begins nor ends on a hold", base, "hbhhcch", "ifffrii"],
    ["gives up a wait on a hold", { ...base, for: 2 }, "bhbbb", "pippf"],
    ["fires on for as long as it is told", { ...base, keepFiring: 3 }, "bccccc", "ffffri"],
    ["begins its lingering anew at every breach", { ...base, keepFiring: 2 }, "bcbccc", "fffffr"],
    ["is resolved for one evaluation, and may fire in the next", base, "bcb", "frf"],
  ])("%s", (_name, rule, story, expected) => {
    expect(statuses(rule, story)).toBe(expected);
  });

  it("starts its wait again after a gap in which nobody looked, and after the clock went back", () => {
    const rule: Rule = { ...base, for: 3 };
    const breach = verdicts.b as Verdict;
    const waiting = evaluate(rule, breach, inactive, 0);
    expect(evaluate(rule, breach, waiting, 10 * minute)).toEqual({
      status: "pending",
      since: 10 * minute,
      evaluatedAt: 10 * minute,
    });
    const later = evaluate(rule, breach, inactive, 10 * minute);
    expect(evaluate(rule, breach, later, 0)).toMatchObject({ status: "pending", since: 0 });
  });

  it("rests after an anomaly, and not for ever", () => {
    const rule: Rule = { ...base, type: "anomaly", measure: { metric: "cost" }, refractory: 3 };
    expect(statuses(rule, "bcbbbb")).toBe("friiff");
  });

  it("never fires without a breach, never ends without having fired, and is the same for the same story", () => {
    const rule = fc.record({ for: fc.nat(4), keepFiring: fc.nat(4) });
    fc.assert(
      fc.property(rule, fc.array(fc.constantFrom("b", "c", "h"), { maxLength: 60 }), (times, letters) => {
        const story = letters.join("");
        const of: Rule = { ...base, ...times };
        const all = statuses(of, story);
        expect(statuses(of, story)).toBe(all);
        for (const [index, status] of [...all].entries()) {
          const before = all[index - 1] ?? "i";
          if (status === "f" && before !== "f") {
            // It held at every evaluation of the wait.
            expect(story.slice(index - times.for, index + 1)).toBe("b".repeat(times.for + 1));
          }
          if (status === "r") expect(before).toBe("f");
          if (before === "f") expect(status).toMatch(/[fr]/);
          // While it fires, it ends only after nothing but well evaluations.
          if (status === "r") expect(story.slice(index - times.keepFiring, index + 1)).toMatch(/^c+$/);
        }
      }),
    );
  });
});
