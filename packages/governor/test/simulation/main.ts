// Simulates whole rollouts and writes docs/statistics.md: `npm run statistics -w @flyball/governor`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { detections, falseAlarms, mistake, type Share, scenarios } from "./study.ts";

const rollouts = Number(process.argv[2] ?? 1_000);
const mostUnits = 6_000;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

function percent({ share, error }: Share): string {
  return `${(share * 100).toFixed(1)} % ± ${(error * 100).toFixed(1)}`;
}

const alarms = scenarios.map((scenario) => {
  const found = falseAlarms(scenario, rollouts, { mostUnits });
  say(`${scenario.name}: ${percent(found)}`);
  return `| ${scenario.name} | ${scenario.what} | ${percent(found)} |`;
});
const found = detections(rollouts).map(({ name, median, found: share, within }) => {
  say(`${name}: median ${median}`);
  return `| ${name} | ${median.toLocaleString("en")} | ${percent(share)} within ${within.toLocaleString("en")} |`;
});
const ways = [
  ["one number a unit, made in one place", undefined],
  ["every run counted as a unit", "every run a unit"],
  ["each of two instances with a number of its own", { instances: 2 }],
  ["each of four instances", { instances: 4 }],
  ["each of eight instances", { instances: 8 }],
] as const;
const wrong = ways.map(([name, made]) => {
  const share = mistake(made, Math.ceil(rollouts / 2));
  say(`${name}: ${percent(share)}`);
  return `| ${name} | ${percent(share)} |`;
});

const page = `# What the governor's verdicts are worth

Made by \`npm run statistics -w @flyball/governor\`: ${rollouts.toLocaleString("en")} seeded rollouts a row, through the
governor's own merging, verdicts and transitions (\`packages/governor/test/simulation/\`). Units arrive a hundred at a
time, and after each hundred everything is looked at; ± is three standard errors of the simulation.

## False alarms

A rollback, or a pause for a sample-ratio mismatch, where both arms are the same, over a rollout of up to
${mostUnits.toLocaleString("en")} units with five guardrails (errors, latency, its p95, cost, quality) at a level of 5 % together.

| population | what it is like | stopped |
|---|---|---|
${alarms.join("\n")}

The hurried plan is one such as the demonstration's: larger steps, a burn-in of 100 units and four guardrails.

## Detection

Units of both arms until the rollback, with one guardrail at a level of 5 %.

| harm | half found it by | found |
|---|---|---|
${found.join("\n")}

## What the promise rests on

The same null rollouts with one guardrail on latency, where each unit makes fifteen runs at a pace of its own.

| how units are counted | stopped |
|---|---|
${wrong.join("\n")}

Every outcome therefore goes to its unit's one number in the shared ledger, whichever process served it.

## The tests

| metric | test | valid |
|---|---|---|
| mean latency (of logarithms), cost, quality | asymptotic confidence sequence, one-sided (Waudby-Smith et al., arXiv 2103.06476) | from the burn-in on, at every look |
| errors, slower than a threshold | e-process of event labels (after Lindon and Malek, arXiv 2011.03567) | exactly, at every look |
| p95 | sequential test of quantiles (Howard and Ramdas, arXiv 1906.09712) over bins 1 % wide | at every look |
| arms as they were dealt | Dirichlet mixture (Lindon and Malek), at 0.1 % | exactly, at every look |

Several guardrails share the level equally. Shipping asks all of them, each at the whole level: that needs no
correction. The level is for one rollout; who begins again after a rollback takes another one.
`;
writeFileSync(join(import.meta.dirname, "../../../../docs/statistics.md"), page);
