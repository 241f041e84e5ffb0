// `npm run bench [SUITE …]`: installs the peers once, measures side by side, prints, keeps JSON.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { keep, kept, print, type SuiteResult } from "./report.ts";

const folder = import.meta.dirname;
if (!existsSync(join(folder, "node_modules"))) {
  process.stdout.write("Installing the benchmarks' peers (once) …\n");
  const install = spawnSync("npm", ["ci"], { cwd: folder, stdio: "inherit" });
  if (install.status !== 0) process.exit(1);
}

const suites: Readonly<Record<string, () => Promise<{ suite(): Promise<SuiteResult[]> }>>> = {
  cache: () => import("./suites/cache.ts"),
  database: () => import("./suites/database.ts"),
  engine: () => import("./suites/engine.ts"),
  telemetry: () => import("./suites/telemetry.ts"),
  fir: () => import("./suites/fir.ts"),
  start: () => import("./suites/start.ts"),
  semantic: () => import("./suites/semantic.ts"),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !suites[name]);
if (unknown.length > 0) {
  process.stderr.write(`Unknown suite: ${unknown.join(", ")}. There are: ${Object.keys(suites).join(", ")}.\n`);
  process.exit(2);
}

const results: SuiteResult[] = [];
for (const [name, load] of Object.entries(suites)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  for (const result of await (await load()).suite()) {
    print(result);
    results.push(result);
  }
}
process.stdout.write(`\nKept in ${keep(results, join(folder, "results"), new Date())}\n`);
process.exit(results.every((result) => result.figures.every(kept)) ? 0 : 1);
