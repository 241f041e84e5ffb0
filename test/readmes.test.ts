import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const packages = globSync("packages/*/package.json").map((path) => path.split("/")[1] as string);

/** The smallest example of a README: its first complete TypeScript fence. */
function example(readme: string): string | undefined {
  return /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
}

/** Runs code inside a package, so that its dependencies resolve as they do for a user who installed them. */
function runInside(name: string, code: string) {
  const folder = mkdtempSync(join(root, "packages", name, ".readme-"));
  try {
    writeFileSync(join(folder, "example.ts"), code);
    return spawnSync(process.execPath, ["--conditions=@flyball/source", "example.ts"], {
      cwd: folder,
      encoding: "utf8",
      timeout: 45_000,
      env: { ...process.env, FLYBALL_HOME: folder },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("READMEs", () => {
  test.each(packages)("%s has a page whose smallest example runs", { timeout: 60_000 }, (name) => {
    const path = `packages/${name}/README.md`;
    expect(existsSync(path), `${path} is missing`).toBe(true);
    const code = example(readFileSync(path, "utf8"));
    if (name === "cli" && code === undefined) return; // Its examples are commands; the end-to-end tests run them.
    expect(code, `${path} has no \`\`\`ts example`).toBeDefined();
    const run = runInside(name, code as string);
    expect(run.stderr).not.toMatch(/Error/);
    expect(run.status, run.stderr).toBe(0);
  });

  test("the repository's own example runs", { timeout: 60_000 }, () => {
    const run = runInside("sdk", example(readFileSync("README.md", "utf8")) as string);
    expect(run.status, run.stderr).toBe(0);
  });

  test("the two commands of the README are what CI runs", () => {
    expect(readFileSync("README.md", "utf8")).toContain("npm ci && npm start");
    expect(readFileSync("README.md", "utf8")).toContain("npm ci && npm test");
    const steps = readFileSync(".ci/run", "utf8");
    expect(steps).toMatch(/^npm ci$/m);
    expect(steps).toMatch(/^npm test$/m);
  });
});
