import fc from "fast-check";
import { expect, it } from "vitest";
import { stopFilter } from "../src/stream/stop-filter.ts";

function run(pieces: readonly string[], stops: readonly string[], trimEnd = false) {
  const filter = stopFilter(stops, { trimEnd });
  let text = "";
  for (const piece of pieces) text += filter.push(piece);
  if (!filter.stopped) text += filter.flush();
  return { text, stopped: filter.stopped };
}

it("stops before the first stop text, wherever it was split", () => {
  expect(run(["one EN", "D two"], ["END"])).toEqual({ text: "one ", stopped: true });
  expect(run(["one EN", "E two"], ["END"])).toEqual({ text: "one ENE two", stopped: false });
  expect(run(["a\n", "\n", "b"], ["\n\n", ""])).toEqual({ text: "a", stopped: true });
});

it("lets through at once what cannot be part of a stop text", () => {
  const filter = stopFilter(["END"]);
  expect(filter.push("hello E")).toBe("hello ");
  expect(filter.push("x")).toBe("Ex");
});

it("finds the same as a reader of one character at a time, however the text is split", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", " "), maxLength: 30 });
  const stop = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 3 });
  const property = fc.property(
    fc.array(letters, { maxLength: 6 }),
    fc.array(stop, { maxLength: 3 }),
    fc.boolean(),
    (pieces, stops, trim) => {
      let seen = "";
      let expected: string | undefined;
      for (const letter of pieces.join("")) {
        seen += letter;
        const met = stops.filter((one) => seen.endsWith(one)).sort((a, b) => b.length - a.length)[0];
        if (met === undefined) continue;
        expected = seen.slice(0, -met.length);
        break;
      }
      const text = expected ?? seen;
      expect(run(pieces, stops, trim)).toEqual({ text: trim ? text.trimEnd() : text, stopped: expected !== undefined });
    },
  );
  fc.assert(property, { seed: 11, numRuns: 2000 });
});
