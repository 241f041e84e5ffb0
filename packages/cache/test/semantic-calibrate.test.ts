import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@flyball/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { calibrate, type Embed, formatCalibration, type LabelledPair, readPairs } from "../src/index.ts";
import { trigramEmbed } from "./semantic-embed.ts";
import { pairs } from "./semantic-pairs.ts";

/** Texts are angles in degrees: the similarity of two is the cosine of what lies between. */
const angles: Embed = async (texts) =>
  texts.map((text) =>
    Float32Array.of(Math.cos((Number(text) * Math.PI) / 180), Math.sin((Number(text) * Math.PI) / 180)),
  );
const pair = (degrees: number, same: boolean): LabelledPair => ({ asked: "0", cached: String(degrees), same });
const anything = () => undefined;
const cosine = (degrees: number): number => Math.cos((degrees * Math.PI) / 180);

describe("calibrate", () => {
  const mixed = [pair(10, true), pair(20, true), pair(30, false), pair(40, true), pair(50, false)];

  test("gives precision and recall at every threshold", async () => {
    const { figures } = await calibrate(mixed, angles, { verify: anything });
    const row = (degrees: number) => figures.find(({ threshold }) => Math.abs(threshold - cosine(degrees)) < 1e-6);
    expect(figures.map(({ threshold }) => threshold)).toEqual([...figures.map(({ threshold }) => threshold)].sort());
    expect(row(50)).toMatchObject({ hits: 5, wrong: 2, precision: 0.6, recall: 1 });
    expect(row(40)).toMatchObject({ hits: 4, wrong: 1, precision: 0.75, recall: 1 });
    expect(row(20)).toMatchObject({ hits: 2, wrong: 0, precision: 1, recall: 2 / 3 });
    // Wilson's lower bound for 2 of 2 and for 3 of 4.
    expect(row(20)?.precisionAtLeast).toBeCloseTo(0.3424, 3);
    expect(row(40)?.precisionAtLeast).toBeCloseTo(0.3006, 3);
  });

  test("chooses the most right hits at the wanted precision", async () => {
    const strict = await calibrate(mixed, angles, { verify: anything, precision: 1 });
    expect(strict.chosen?.threshold).toBeCloseTo(cosine(20), 6);
    const lax = await calibrate(mixed, angles, { verify: anything, precision: 0.7 });
    expect(lax.chosen?.threshold).toBeCloseTo(cosine(40), 6);
  });

  test("chooses none where none is safe", async () => {
    const { chosen } = await calibrate([pair(10, false), pair(20, true)], angles, { verify: anything, precision: 0.9 });
    expect(chosen).toBeUndefined();
  });

  test("counts what verification refuses as not served", async () => {
    const refusing = await calibrate(mixed, angles, {
      verify: (_asked, cached) => (cached === "40" ? "word" : undefined),
    });
    expect(refusing).toMatchObject({ pairs: 5, same: 3, refusedSame: 1 });
    expect(refusing.figures[0]?.unverified).toEqual({ precision: 0.6, recall: 1 });
    expect(refusing.figures[0]?.recall).toBeCloseTo(2 / 3);
  });

  test("a high threshold alone does not make the labelled pairs safe; with verification they are", async () => {
    const { figures, chosen } = await calibrate(pairs, trigramEmbed);
    const best = Math.max(...figures.filter(({ hits }) => hits > 0).map(({ unverified }) => unverified.precision));
    expect(best).toBeLessThan(0.5);
    expect(chosen?.precision).toBe(1);
    expect(chosen?.recall).toBeGreaterThan(0.7);
  });

  test.each([
    [[], {}],
    [[pair(1, true)], {}],
    [[pair(1, false)], {}],
    [mixed, { precision: 0 }],
    [mixed, { precision: Number.NaN }],
  ])("refuses what it cannot answer from (%#)", async (some, options) => {
    await expect(calibrate(some, angles, options)).rejects.toThrow(ConfigurationError);
  });
});

describe("readPairs", () => {
  test("reads a pair a line", () => {
    expect(
      readPairs('{"asked":"a","cached":"b","same":true}\n\n{"asked":"c","cached":"d","same":false}\n'),
    ).toHaveLength(2);
  });

  test.each(["no json", "null", "[]", '{"asked":"a","cached":"b"}', '{"asked":1,"cached":"b","same":true}'])(
    "names the line of %s",
    (line) => {
      expect(() => readPairs(`{"asked":"a","cached":"b","same":true}\n${line}`)).toThrow("line 2: expected");
    },
  );
});

describe("the calibration script", () => {
  const folder = mkdtempSync(join(tmpdir(), "flyball-calibrate-"));
  const file = join(folder, "pairs.jsonl");
  let server: Server;
  let url = "";
  const keys: (string | undefined)[] = [];

  beforeAll(async () => {
    writeFileSync(file, pairs.map((one) => JSON.stringify(one)).join("\n"));
    server = createServer(async (request, response) => {
      keys.push(request.headers.authorization);
      const body = JSON.parse(await new Response(request as unknown as ReadableStream).text()) as { input: string[] };
      const vectors = await trigramEmbed(body.input);
      // Out of order, as the protocol allows.
      const data = vectors.map((vector, index) => ({ index, embedding: [...vector] })).reverse();
      response.end(JSON.stringify({ data }));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });

  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const script = join(import.meta.dirname, "../src/semantic/calibrate-main.ts");
      const env = { ...process.env, EMBEDDINGS_API_KEY: "secret-key" };
      execFile(process.execPath, ["--conditions=@flyball/source", script, ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });

  test("prints the table that the function gives, from any embedding endpoint", async () => {
    const { code, stdout } = await run(file, "--url", url, "--model", "trigrams");
    expect(stdout).toBe(`${formatCalibration(await calibrate(pairs, trigramEmbed))}\n`);
    expect(stdout).toMatch(/^ *threshold +hits +wrong +precision/m);
    expect(stdout).toContain(" ←");
    expect(code).toBe(0);
    expect(new Set(keys)).toEqual(new Set(["Bearer secret-key"]));
  });

  test("says what is missing, and shows no key", async () => {
    const { code, stderr } = await run(file);
    expect(code).toBe(1);
    expect(stderr).toContain("--url URL --model NAME");
    const unreachable = await run(file, "--url", "http://127.0.0.1:1/v1", "--model", "m");
    expect(unreachable.code).toBe(1);
    expect(unreachable.stderr).not.toContain("secret-key");
  });
});
