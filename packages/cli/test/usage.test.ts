import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../src/program.ts";
import type { Terminal } from "../src/terminal.ts";
import { orders } from "./flyball.ts";

const order = '{"number":7,"items":2}';
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "flyball-usage-"));
  process.env.FLYBALL_HOME = home;
});
afterAll(() => {
  delete process.env.FLYBALL_HOME;
  rmSync(home, { recursive: true, force: true });
});

/** In this process: what ends before anything starts needs none of its own. */
async function runHere(parameters: readonly string[]): Promise<{ status: number; stderr: string }> {
  let stderr = "";
  const terminal: Terminal = {
    out() {},
    err: (line) => {
      stderr += `${line}\n`;
    },
    json() {},
    style: (_style, text) => text,
    interactive: false,
    width: 80,
  };
  return { status: await run(parameters, terminal), stderr };
}

describe("a wrong command line is status 2, with a sentence and no stack", () => {
  test.each([
    [["run", orders], "--input"],
    [["run", orders, "--input", "{half"], "--input is no file and no JSON"],
    [["run", orders, "--input", order, "--set", "aproval=true"], "the nearest is approval"],
    [["run", orders, "--input", order, "--set", "count=0"], "whole number from 1 up"],
    [["run", orders, "--resume", "x", "--answer", "release=maybe"], "expected yes, no or @file"],
    [["start", "no-such-folder"], "no-such-folder does not exist"],
    [["start", import.meta.dirname], "holds no pipeline"],
    [["start", join(import.meta.dirname, "flyball.ts")], "expected `export const pipeline"],
    [["metrics", "--since", "2d"], "1m to 1440m"],
    [["strat"], "Did you mean start?"],
    [["models", "emulate", "--profile", "nope"], "fir"],
    [["doctor", "--config", "absent.yaml", "--port", "1"], "unknown option"],
    [["trace", "--config", "absent.yaml"], "absent.yaml"],
  ])("flyball %j", async (parameters, sentence) => {
    const { status, stderr } = await runHere(parameters);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(status).toBe(2);
  });
});
