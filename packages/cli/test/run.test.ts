import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FlyballHome, flyballHome, orders } from "./flyball.ts";

let home: FlyballHome;
beforeAll(() => {
  home = flyballHome();
});
afterAll(() => home.remove());

const asking = ["--set", "approval=true"];
const order = '{"number":7,"items":2}';

describe("flyball run", () => {
  test("runs once, on JSON, a file or standard input, and prints what came out", async () => {
    writeFileSync(join(home.folder, "order.json"), order);
    const ended = await Promise.all([
      home.run(["run", orders, "--input", order]),
      home.run(["run", join(orders, "pipeline.ts"), "--input", "order.json", "--json", "--priority", "critical"]),
      home.run(["run", orders, "--input", "-", "--json"], { input: order }),
    ]);
    expect(ended.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(ended[0].stdout).toBe("booked 7: two lamps\n");
    for (const { stdout } of ended.slice(1)) {
      expect(JSON.parse(stdout)).toMatchObject({ status: "completed", output: "7: two lamps" });
    }
  });

  test("a run that fails is status 1 and says where", async () => {
    const { status, stdout, stderr } = await home.run([
      "run",
      orders,
      "--input",
      order,
      "--set",
      "failing=7",
      "--json",
    ]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ status: "failed", node: "booking", error: "order 7 cannot be booked" });
    expect(stderr).toContain("booking  error: order 7 cannot be booked");
  });

  test("a run that waits is status 3, and goes on in another process with no node run twice", async () => {
    const waiting = await home.run(["run", orders, "--input", order, ...asking, "--session", "s-1"]);
    expect(waiting.status, waiting.stderr).toBe(3);
    const [, runId = ""] = /^run (\S+) waits for 1 approval/.exec(waiting.stdout) ?? [];
    expect(waiting.stdout).toContain("release\ntwo lamps");
    // It says the command that goes on.
    expect(waiting.stdout).toContain(`flyball run ${orders} --resume ${runId} --answer release=yes`);

    const stillWaiting = await home.run(["run", orders, ...asking, "--resume", runId, "--json"]);
    expect(stillWaiting.status).toBe(3);
    expect(JSON.parse(stillWaiting.stdout).pending).toEqual([{ path: "release", node: "release", show: "two lamps" }]);

    const finished = await home.run(["run", orders, ...asking, "--resume", runId, "--answer", "release=yes"]);
    expect(finished.status, finished.stderr).toBe(0);
    expect(finished.stdout).toBe("booked 7: two lamps\n");
    expect(finished.stderr).toMatch(/summary {2}restored/);

    // One trace holds all parts, and the money was spent once.
    const trace = JSON.parse((await home.run(["trace", runId, "--json"])).stdout);
    expect(trace.parts.at(-1).status).toBe("ok");
    expect(trace.spans.filter((span: { kind: string }) => span.kind === "model")).toHaveLength(1);
  });

  test("an edit from a file takes the place of what was shown; a no fails the run", async () => {
    const begin = async (): Promise<string> =>
      JSON.parse((await home.run(["run", orders, "--input", order, ...asking, "--json"])).stdout).runId;
    const [first, second] = await Promise.all([begin(), begin()]);
    writeFileSync(join(home.folder, "edit.txt"), "three lamps\n");
    const [edited, refused] = await Promise.all([
      home.run(["run", orders, ...asking, "--resume", first, "--answer", "release=@edit.txt"]),
      home.run(["run", orders, ...asking, "--resume", second, "--answer", "release=no", "--json"]),
    ]);
    expect(edited.stdout).toBe("booked 7: three lamps\n");
    expect(refused.status).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ status: "failed", node: "release" });
  });

  test("an input that the pipeline refuses is status 2, and says what does not fit", async () => {
    const { status, stderr } = await home.run(["run", orders, "--input", '{"number":"seven","items":2}']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/the input does not fit: number: .*number/);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test("an unknown run is refused", async () => {
    const { status, stderr } = await home.run(["run", orders, "--resume", "no-such-run", "--answer", "release=yes"]);
    expect(status).toBe(1);
    expect(stderr).toContain("no-such-run");
  });
});

test("help and version are status 0, and every command has help", async () => {
  const names = ["start", "run", "trace", "metrics", "models", "doctor"];
  const [version, help, ...each] = await Promise.all([
    home.run(["--version"], { throughBin: true }),
    home.run(["--help"]),
    ...names.map((name) => home.run([name, "--help"])),
  ]);
  expect(version).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  for (const name of names) expect(help.stdout).toContain(`  ${name} `);
  for (const [index, { status, stdout }] of each.entries()) {
    expect(status).toBe(0);
    expect(stdout).toContain(`Usage: flyball ${names[index]}`);
  }
});

// npm puts its own folders first; what the machine has comes after them.
const systemNode = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .map((folder) => join(folder, "node"))
  .find((file) => existsSync(file));
const systemVersion = systemNode === undefined ? "" : spawnSync(systemNode, ["--version"], { encoding: "utf8" }).stdout;
const old = /^v(\d+)/.exec(systemVersion)?.[1];

describe.skipIf(old === undefined || Number(old) >= 24)("on a Node that is too old", () => {
  const bin = resolve(import.meta.dirname, "../bin/flyball.js");

  test("runs on the Node that the npm package `node` brings", () => {
    const { status, stdout } = spawnSync(systemNode as string, [bin, "--version"], { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("says so in a sentence where there is none", () => {
    const alone = join(home.folder, "bin", "flyball.js");
    mkdirSync(join(home.folder, "bin"));
    copyFileSync(bin, alone);
    writeFileSync(join(home.folder, "package.json"), '{ "type": "module" }');
    const { status, stderr } = spawnSync(systemNode as string, [alone, "--version"], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^flyball needs Node 24 or newer; this is Node /);
  });
});

test("nothing recorded yet is a sentence and status 1", async () => {
  const empty = flyballHome();
  try {
    const ended = await Promise.all([empty.run(["trace"]), empty.run(["metrics"])]);
    for (const { status, stderr } of ended) {
      expect(status).toBe(1);
      expect(stderr).toContain("Nothing was recorded here yet");
    }
  } finally {
    empty.remove();
  }
});
