import { afterEach, describe, expect, test } from "vitest";
import type { Ledger } from "../src/index.ts";
import { createSqliteLedger } from "../src/index.ts";
import { collecting, totalsOf } from "./fixtures/collect.ts";
import { startCounting, stopCounting } from "./fixtures/counting.ts";
import { opening } from "./fixtures/opening.ts";
import { outcome } from "./fixtures/outcomes.ts";

/** What every ledger does alike. `open` gives another connection to the same ledger each time. */
export function ledgerConformance(
  name: string,
  open: () => Ledger,
  source: () => { readonly path?: string; readonly url?: string },
): void {
  describe(`a ledger: ${name}`, () => {
    const reference = opening();
    afterEach(stopCounting);

    test("reads what was written, and forgets what was removed", async () => {
      const ledger = open();
      expect(await ledger.read("empty", ["a", "b"])).toEqual([undefined, undefined]);
      expect(await ledger.readAll("empty")).toEqual({});
      const result = await ledger.update("one", ["a"], ([a]) => ({ set: { a: `${a}`, b: "ü" }, result: 7 }));
      expect(result).toBe(7);
      expect(await open().read("one", ["b", "a"])).toEqual(["ü", "undefined"]);
      await ledger.update("one", [], () => ({ set: { a: undefined }, result: undefined }));
      expect(await ledger.readAll("one")).toEqual({ b: "ü" });
    });

    test("writes nothing when an edit throws, and hands the error back", async () => {
      const ledger = open();
      const failing = ledger.update("throwing", ["a"], () => {
        throw new RangeError("no");
      });
      await expect(failing).rejects.toThrow(RangeError);
      expect(await ledger.readAll("throwing")).toEqual({});
    });

    test("updates of several at once follow one another", async () => {
      const ledgers = [open(), open(), open()];
      const once = (ledger: Ledger): Promise<void> =>
        ledger.update("counted", ["n"], ([n = "0"]) => ({ set: { n: String(Number(n) + 1) }, result: undefined }));
      await Promise.all(
        ledgers.map(async (ledger) => {
          for (let index = 0; index < 20; index++) await once(ledger);
        }),
      );
      expect(await open().read("counted", ["n"])).toEqual(["60"]);
    });

    test("four processes that serve the same units make one number a unit, as one process would", async () => {
      const counting = await Promise.all([0, 1, 2, 3].map(() => startCounting(source())));
      await Promise.all(counting.map((child, from) => child.serve({ from, units: 300, flush: true })));

      const alone = createSqliteLedger(reference.store());
      const one = collecting(alone);
      for (let from = 0; from < 4; from++) {
        for (let unit = 0; unit < 300; unit++) {
          one.record(
            outcome({
              unit: `unit-${unit}`,
              decisions: { cache: unit % 2 ? "control" : "treatment" },
              durationMs: 100 + ((unit * 7 + from * 13) % 900),
              status: unit % 10 === from ? "error" : "ok",
              quality: [{ name: "rubric", score: ((unit + from) % 10) / 10 }],
            }),
          );
        }
      }
      await one.flush();
      const expected = await totalsOf(alone);
      const found = await totalsOf(open());
      for (const arm of ["control", "treatment"] as const) {
        expect(found[arm].units).toBe(150);
        for (const [key, { count, sum, sumOfSquares, bins }] of Object.entries(expected[arm].metrics)) {
          const theirs = found[arm].metrics[key];
          expect(theirs?.count, key).toBe(count);
          expect(theirs?.sum, key).toBeCloseTo(sum, 6);
          expect(theirs?.sumOfSquares, key).toBeCloseTo(sumOfSquares, 4);
          expect(theirs?.bins, key).toEqual(bins);
        }
      }
      expect(found.crossed).toBe(0);
    });

    test("what was flushed before a process is killed is counted, whole and once", async () => {
      const child = await startCounting(source());
      const before = await totalsOf(open()).catch(() => undefined);
      await child.serve({ from: 1, units: 100, flush: true });
      await child.serve({ from: 2, units: 100, flush: false });
      await child.kill();
      const { control, treatment } = await totalsOf(open());
      expect(control.units + treatment.units).toBeGreaterThanOrEqual(100);
      const runs = (units: typeof control): number => units.metrics.quality?.count ?? 0;
      expect(runs(control) + runs(treatment)).toBe(control.units + treatment.units);
      if (before) expect(control.units).toBe(before.control.units);
    });
  });
}
