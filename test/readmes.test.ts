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

describe("each package's README", () => {
  test.each(packages)("%s has a page whose smallest example runs", { timeout: 60_000 }, (name) => {
    const path = `packages/${name}/README.md`;
    expect(existsSync(path), `${path} is missing`).toBe(true);
    const code = example(readFileSync(path, "utf8"));
    if (name === "cli" && code === undefined) return; // Its examples are commands; the end-to-end tests run them.
    expect(code, `${path} has no \`\`\`ts example`).toBeDefined();

    // Inside the package, so that its own dependencies resolve as they do for a user who installed them.
    const folder = mkdtempSync(join(root, "packages", name, ".readme-"));
    try {
      writeFileSync(join(folder, "example.ts"), code as string);
      const run = spawnSync(process.execPath, ["--conditions=@flyball/source", "example.ts"], {
        cwd: folder,
        encoding: "utf8",
        timeout: 45_000,
        env: { ...process.env, FLYBALL_HOME: folder },
      });
      expect(run.stderr).not.toMatch(/Error/);
      expect(run.status, run.stderr).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
