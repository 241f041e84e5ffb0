import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { flyballMetrics, namesFor } from "@flyball/telemetry";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { available, findExecutable } from "../../../test/services/executable.ts";
import { defaultRules, documentRules, exportRules, type Rule, readRulesFile } from "../src/index.ts";
import { refinements } from "../src/names.ts";
import { defaultEvery } from "../src/rule.ts";
import { phasesOf, scenarios } from "./support/scenarios.ts";
import { bothWorlds, promtoolTest, turningPoints } from "./support/two-worlds.ts";

// The files of alerts/ are made here: `vitest run packages/alerting/test/alerts-folder.test.ts -u` writes them.
const folder = join(import.meta.dirname, "../../../alerts");

const sets: Readonly<Record<string, readonly Rule[]>> = {
  flyball: defaultRules(),
  documents: documentRules(),
  "objectives-fir": readRulesFile(`${folder}/objectives/fir.yaml`).rules,
  "objectives-consulting": readRulesFile(`${folder}/objectives/consulting.yaml`).rules,
};

describe("the folder of rules for Prometheus", () => {
  it.each(Object.entries(sets))("has %s as they are defined", async (name, rules) => {
    const { yaml, skipped } = exportRules(rules, { group: name });
    expect(skipped).toEqual([]);
    await expect(yaml).toMatchFileSnapshot(`${folder}/${name}.rules.yaml`);
  });

  const intervals = Object.entries(sets)
    .filter(([name]) => !name.startsWith("objectives"))
    .flatMap(([name, rules]) =>
      [...Map.groupBy(rules, ({ every = defaultEvery }) => every)].map(([every, some]) => ({
        name,
        every,
        rules: some,
      })),
    );
  it.each(intervals)("has promtool's tests of $name, judged every $every minutes", async ({ name, every, rules }) => {
    const tests = await Promise.all(
      rules.map(async (rule) => {
        const world = await bothWorlds(rule, phasesOf(scenarios[rule.name] as NonNullable<(typeof scenarios)[string]>));
        return promtoolTest(world, turningPoints(world));
      }),
    );
    const file = { rule_files: [`../${name}.rules.yaml`], evaluation_interval: `${every}m`, tests };
    const heading = "# Generated: what the embedded evaluator says of each rule, for promtool to compare.\n";
    await expect(`${heading}${stringify(file, { lineWidth: 0 })}`).toMatchFileSnapshot(
      `${folder}/tests/${name}-every-${every}m.test.yaml`,
    );
  });

  it("names no series that Flyball does not emit", () => {
    const emitted = [...Object.values(flyballMetrics), ...Object.values(namesFor("v1.41").metrics), refinements];
    const families = new Set(emitted.map((metric) => metric?.prometheus));
    const text = Object.values(sets)
      .map((rules) => exportRules(rules).yaml)
      .join("\n");
    const named = new Set(
      text.match(/\b(flyball|gen_ai)_[a-z_]+/g)?.map((name) => name.replace(/_(bucket|sum|count)$/, "")),
    );
    expect([...named].filter((name) => !families.has(name))).toEqual([]);
    expect(named.size).toBeGreaterThan(6);
  });

  describe.skipIf(!available("promtool"))("for promtool", () => {
    const promtool = (...args: string[]): string => {
      const { status, stdout, stderr } = spawnSync(findExecutable("promtool") ?? "", args, {
        cwd: folder,
        encoding: "utf8",
      });
      return status === 0 ? "" : `${stdout}${stderr}`;
    };

    it("passes its check", () => {
      expect(promtool("check", "rules", ...globSync("*.rules.yaml", { cwd: folder }))).toBe("");
    });

    it("passes its own tests", () => {
      const tests = globSync("tests/*.test.yaml", { cwd: folder });
      expect(tests.length).toBe(intervals.length);
      expect(promtool("test", "rules", ...tests)).toBe("");
    });
  });
});

describe("every default rule and condition", () => {
  it("has its page among the runbooks, and no page is about nothing", () => {
    const runbooks = join(import.meta.dirname, "../../../docs/runbooks");
    const pages = globSync("*.md", { cwd: runbooks }).filter((page) => page !== "README.md");
    const rules = Object.values(sets)
      .flat()
      .map(({ runbook }) => runbook?.replace("docs/runbooks/", ""));
    const conditions = ["rules-invalid", "delivery-failing", "readings-failing"].map((name) => `alerting-${name}.md`);
    expect(pages.sort()).toEqual([...new Set([...rules, ...conditions])].sort());
  });
});
