import { existsSync, globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

// Imports go down only, and never sideways. This table is the one of docs/architecture.md.
const floors: Readonly<Record<string, number>> = {
  core: 0,
  stats: 0,
  storage: 1,
  telemetry: 2,
  cache: 3,
  alerting: 3,
  database: 3,
  engine: 3,
  flags: 3,
  models: 3,
  otel: 3,
  governor: 4,
  sdk: 5,
  cli: 7,
};

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

const read = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;
const short = (name: string): string => name.replace("@flyball/", "");
const ours = (names: Iterable<string>): string[] =>
  [...names].filter((name) => name.startsWith("@flyball/")).map(short);
const packages = globSync("packages/*/package.json").map((path) => path.split("/")[1] as string);

function importsOf(folder: string): Set<string> {
  const found = new Set<string>();
  for (const file of globSync(`${folder}/**/*.ts`, { exclude: (name) => name === "node_modules" || name === "dist" })) {
    for (const match of readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*["'](@flyball\/[^"'/]+)/g)) {
      found.add(short(match[1] as string));
    }
  }
  return found;
}

describe("floors", () => {
  test("every package stands on a floor", () => {
    expect(packages.filter((name) => floors[name] === undefined)).toEqual([]);
  });

  test.each(packages)("%s depends only on lower floors", (name) => {
    const manifest = read<Manifest>(`packages/${name}/package.json`);
    const declared = ours(
      Object.keys({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies }),
    );
    const upOrSideways = declared.filter((other) => !((floors[other] ?? 99) < (floors[name] as number)));
    expect(upOrSideways).toEqual([]);
  });

  test.each(packages)("%s imports what it declares, and its project references say the same", (name) => {
    const declared = ours(Object.keys(read<Manifest>(`packages/${name}/package.json`).dependencies ?? {})).sort();
    const imported = [...importsOf(`packages/${name}/src`)].filter((other) => other !== name);
    expect(imported.filter((other) => !declared.includes(other))).toEqual([]);
    expect(declared.filter((other) => !imported.includes(other))).toEqual([]);
    const references = read<{ references?: { path: string }[] }>(`packages/${name}/tsconfig.json`).references ?? [];
    expect(references.map((reference) => reference.path.replace("../", "")).sort()).toEqual(declared);
  });

  test.each(packages)("%s leaves its own folder only through package names", (name) => {
    const escaping = globSync(`packages/${name}/src/**/*.ts`).filter((file) => {
      const depth = file.split("/").length - 2;
      return readFileSync(file, "utf8").includes(`"${"../".repeat(depth)}`);
    });
    expect(escaping).toEqual([]);
  });

  test("no package reaches into the examples, and examples use public packages only", () => {
    for (const name of packages)
      expect([...importsOf(`packages/${name}/src`)].filter((other) => other.startsWith("example"))).toEqual([]);
    for (const manifest of globSync("examples/*/package.json")) {
      expect(
        ours(Object.keys(read<Manifest>(manifest).dependencies ?? {})).filter((other) => floors[other] === undefined),
      ).toEqual([]);
    }
  });

  test("the table in the architecture document is this one", () => {
    const document = existsSync("docs/architecture.md") ? readFileSync("docs/architecture.md", "utf8") : "";
    for (const [name, floor] of Object.entries(floors)) {
      expect(document, `${name} on floor ${floor}`).toMatch(new RegExp(`^\\| ${floor} \\|.*\`${name}\``, "m"));
    }
  });
});
