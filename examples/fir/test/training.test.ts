import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadComplaints, loadSections } from "../src/data.ts";
import { transcribe } from "../src/prompts.ts";
import { loadIncidents } from "../training/incidents.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fir-corpus-"));
let corpus = "";

beforeAll(() => {
  const out = join(folder, "corpus.jsonl");
  const generator = ["packages/models/tiny/corpus.ts", "--extra", "examples/fir/training/corpus.ts"];
  execFileSync(process.execPath, ["--conditions=@flyball/source", ...generator, "--scale", "0.1", "--out", out], {
    cwd: root,
  });
  corpus = readFileSync(out, "utf8");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every run of eight words. */
function* runs(text: string): Generator<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
  for (let at = 0; at + 8 <= words.length; at++) yield words.slice(at, at + 8).join(" ");
}

describe("training corpus", () => {
  it("contains no eight words in a row of a held-out complaint, but does contain the others", () => {
    const texts = new Set<string>();
    for (const line of corpus.trim().split("\n")) {
      const record = JSON.parse(line) as { messages?: { content: string }[]; query?: string };
      for (const { content } of record.messages ?? []) texts.add(content);
      if (record.query !== undefined) texts.add(record.query);
    }
    const seen = new Set<string>();
    for (const text of texts) for (const run of runs(text)) seen.add(run);
    for (const { id, heldOut, text, summary } of loadComplaints()) {
      const all = [...runs(transcribe(text)), ...runs(summary)];
      const shared = all.filter((run) => seen.has(run));
      if (heldOut) expect(shared, id).toEqual([]);
      else expect(shared.length / all.length, id).toBeGreaterThan(0.3);
    }
  });

  it("tells of every section", () => {
    const told = new Set(loadIncidents().flatMap(({ sections }) => sections));
    expect(
      loadSections()
        .filter(({ id }) => !told.has(id))
        .map(({ id }) => id),
    ).toEqual([]);
  });

  it("names only sections that exist, and both tells and sums each incident up", () => {
    const known = new Set(loadSections().map(({ id }) => id));
    for (const { sections, arguable, tells, sums, title } of loadIncidents()) {
      const unknown = [...sections, ...arguable].filter((id) => !known.has(id));
      expect(unknown, title).toEqual([]);
      expect(Math.min(tells.length, sums.length), title).toBeGreaterThan(0);
    }
  });
});
