import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

// A code reaches an error as the first argument of a constructor, or through a union or table in an errors.ts.
const thrown = [
  /super\(\s*"([a-z_]+)"/g,
  /new (?:Flyball|Model|BrokenAnswer|Storage|RunRefused)Error\(\s*"([a-z_]+)"/g,
];
const listed = [/^ +\| "([a-z_]+)"/gm, /: \["([a-z]+_[a-z_]+)",/g];

function codesInSource(): Set<string> {
  const codes = new Set<string>();
  for (const path of globSync("packages/*/src/**/*.ts", { cwd: root })) {
    const text = readFileSync(join(root, path), "utf8");
    const patterns = /\/src\/errors\.ts$/.test(path) ? [...thrown, ...listed] : thrown;
    for (const pattern of patterns) for (const [, code] of text.matchAll(pattern)) if (code) codes.add(code);
  }
  return codes;
}

function codesInDocument(): string[] {
  const page = readFileSync(join(root, "docs/errors.md"), "utf8");
  return Array.from(page.matchAll(/^\| `([a-z_]+)` \|/gm), (match) => match[1] ?? "");
}

it("documents every error code once, and none that is not thrown", () => {
  const documented = codesInDocument();
  expect([...documented].sort()).toEqual([...codesInSource()].sort());
  expect(new Set(documented).size).toBe(documented.length);
});
