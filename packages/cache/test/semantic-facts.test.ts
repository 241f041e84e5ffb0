import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createVerifier } from "../src/index.ts";
import { pairs } from "./semantic-pairs.ts";

const verify = createVerifier();

describe("verification of labelled pairs", () => {
  test("there are enough of them", () => {
    expect(pairs.filter(({ same }) => !same).length).toBeGreaterThanOrEqual(60);
  });

  test.each(pairs.filter(({ same, kind }) => !same && kind !== "other"))("refuses $kind: $asked | $cached", (pair) => {
    expect(verify(pair.asked, pair.cached)).toBeTypeOf("string");
  });

  test("says what it is that differs", () => {
    const reason = (kind: string) =>
      pairs.filter((pair) => pair.kind === kind).map(({ asked, cached }) => verify(asked, cached));
    expect(reason("unit").filter((on) => on === "quantity").length).toBeGreaterThanOrEqual(6);
    expect(reason("name")).toContain("name");
    expect(reason("negation")).toContain("negation");
    expect(reason("scope")).toEqual(["scope", "scope", "scope"]);
  });

  // More than a few words apart, so that the comparison of single words does not see them.
  test.each([
    ["qualifier", "which habits increase blood pressure", "everyday things that decrease pressure in arteries"],
    ["negation", "which invoices are paid in full by customers", "bills unpaid worldwide awaiting collection"],
    [
      "order",
      "train from london to paris with a bicycle cheaply",
      "coach from paris to london overnight luggage rules",
    ],
    ["quantity", "how tall is the 300 m tower in paris", "height of the famous iron landmark of 30 m"],
    ["name", "when did the king of Norway abdicate", "year in which the Danish monarch left his throne"],
  ])("sees another %s in other words: %s | %s", (on, asked, cached) => {
    expect(verify(asked, cached)).toBe(on);
  });

  test("lets most of what one answer serves pass", () => {
    const same = pairs.filter((pair) => pair.same);
    const passed = same.filter(({ asked, cached }) => verify(asked, cached) === undefined);
    expect(passed.length / same.length).toBeGreaterThanOrEqual(0.75);
  });

  test("judges both ways alike", () => {
    for (const { asked, cached } of pairs) expect(verify(cached, asked)).toBe(verify(asked, cached));
  });
});

describe("verification of any question", () => {
  const nouns = ["invoice", "contract", "patient", "engine", "bridge", "recipe", "server", "garden"] as const;
  const noun = fc.constantFrom(...nouns);
  const name = fc.constantFrom("Anna", "Bruno", "Chidi", "Dolores", "Emeka", "Farida", "Goran", "Hana");
  const frame = fc.constantFrom(
    (fill: string) => `What should I know about the ${fill}?`,
    (fill: string) => `please summarise the ${fill} for me`,
    (fill: string) => `Is the ${fill} ready, and who checks it`,
  );

  test("a question agrees with itself, however it is cased, spaced and asked for", () => {
    fc.assert(
      fc.property(frame, noun, fc.nat(10_000), (make, thing, number) => {
        const question = make(`${thing} ${number}`);
        expect(verify(question, question)).toBeUndefined();
        expect(verify(question, question.toUpperCase())).toBeUndefined();
        expect(verify(question, `  ${question.replaceAll(" ", "  ")} !`)).toBeUndefined();
        expect(verify(question, `Please, ${question} Thanks`)).toBeUndefined();
      }),
    );
  });

  test("letters and digits of other widths and curly apostrophes are the plain ones", () => {
    expect(verify("What’s ２０％ of fifty ﬁles?", "What's 20% of 50 files?")).toBeUndefined();
  });

  test("another number never passes", () => {
    const number = fc.oneof(
      fc.nat(2_000_000),
      fc.double({ min: 0.01, max: 1e6, noNaN: true }).map((x) => +x.toFixed(2)),
    );
    fc.assert(
      fc.property(frame, noun, number, number, (make, thing, one, other) => {
        fc.pre(one !== other);
        expect(verify(make(`${thing} of ${one}`), make(`${thing} of ${other}`))).toBe("quantity");
      }),
    );
  });

  test("a number is the same however it is written", () => {
    fc.assert(
      fc.property(frame, noun, fc.integer({ min: 1_000, max: 9_999_999 }), (make, thing, number) => {
        const grouped = number.toLocaleString("en-US");
        expect(verify(make(`${thing} of ${number} dollars`), make(`${thing} of $${grouped}`))).toBeUndefined();
      }),
    );
  });

  test("another name never passes, capitalised or not", () => {
    fc.assert(
      fc.property(frame, noun, name, name, fc.boolean(), (make, thing, one, other, lower) => {
        fc.pre(one !== other);
        const written = (who: string): string => make(`${thing} of ${lower ? who.toLowerCase() : who}`);
        expect(verify(written(one), written(other))).toBeTypeOf("string");
      }),
    );
  });

  test("a negation on one side only never passes", () => {
    fc.assert(
      fc.property(frame, noun, fc.constantFrom("not", "never", "without", "n't", "no"), (make, thing, negation) => {
        const question = make(`${thing} that does work`);
        const turned = question.replace(" does work", negation === "n't" ? " doesn't work" : ` does ${negation} work`);
        expect(verify(question, turned)).toBe("negation");
      }),
    );
  });

  test("two names in the other order never pass", () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(one !== other);
        expect(verify(`Does ${one} owe ${other} money?`, `Does ${other} owe ${one} money?`)).toBe("name");
      }),
    );
  });

  test("no text breaks it, and the order of the two does not matter", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.string({ unit: "grapheme" }), (one, other) => {
        expect(verify(one, other)).toBe(verify(other, one));
      }),
      { numRuns: 300 },
    );
  });

  // Backtracking without end would run into the test's own time limit.
  test.each(["a", "1", "a1", "1,", "/a", "a@", "$", "a-", "1.", "'", "1-", "a'"])(
    "%s over and over is read",
    (unit) => {
      expect(verify(unit.repeat(2_000 / unit.length), "b")).toBeTypeOf("string");
    },
  );

  test("synonyms of the service's own make two words one", () => {
    const [asked, cached] = ["Where is my invoice?", "Where is my bill?"];
    expect(verify(asked, cached)).toBe("word");
    expect(createVerifier({ synonyms: [["invoice", "bill"]] })(asked, cached)).toBeUndefined();
  });
});
