import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAnswers } from "../src/answers.ts";
import { terminalApprover } from "../src/approvals.ts";
import { UsageError } from "../src/errors.ts";
import type { Terminal } from "../src/terminal.ts";

const silent: Terminal = { out() {}, err() {}, json() {}, style: (_style, text) => text, interactive: true, width: 80 };
const pending = (path: string, show: unknown) => ({ path, node: path, show });

describe("approvals at the terminal", () => {
  const approver = (answers: string[], edit?: (text: string) => string) =>
    terminalApprover(silent, async () => answers.shift() ?? "", edit);

  test("yes, no, and asks again for anything else", async () => {
    const approve = approver(["what?", "Y", "no"]);
    expect(await approve(pending("a", "text"))).toEqual({ approved: true, by: "terminal" });
    expect(await approve(pending("b", "text"))).toEqual({ approved: false, by: "terminal" });
  });

  test("edit gives text back as text and data as data", async () => {
    const approve = approver(["e", "edit"], (text) => text.replace("old", "new"));
    expect(await approve(pending("a", "old words"))).toMatchObject({ approved: true, edit: "new words" });
    expect(await approve(pending("b", { word: "old" }))).toMatchObject({ approved: true, edit: { word: "new" } });
  });

  test("two runs that wait are asked one after the other", async () => {
    let open = 0;
    const approve = terminalApprover(silent, async () => {
      open++;
      await Promise.resolve();
      expect(open--).toBe(1);
      return "y";
    });
    await Promise.all([approve(pending("a", 1)), approve(pending("b", 2)), approve(pending("c", 3))]);
  });
});

describe("--answer", () => {
  test("yes, no and files: an approval, an edit as JSON, an edit as text", () => {
    const folder = mkdtempSync(join(tmpdir(), "flyball-answers-"));
    try {
      const file = (name: string, text: string): string => {
        writeFileSync(join(folder, name), text);
        return `@${join(folder, name)}`;
      };
      const answers = parseAnswers([
        "a=yes",
        "checks[3]=no",
        `c=${file("c", '{"approved":false,"comment":"not yet"}')}`,
        `d=${file("d", '{"title":"new"}')}`,
        `e=${file("e", "plain words\n")}`,
      ]);
      expect(answers).toEqual({
        a: { approved: true, by: "command line" },
        "checks[3]": { approved: false, by: "command line" },
        c: { approved: false, comment: "not yet" },
        d: { approved: true, by: "command line", edit: { title: "new" } },
        e: { approved: true, by: "command line", edit: "plain words" },
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each(["yes", "=yes", "a=maybe", "a=@/no/such/file"])("%s is refused", (text) => {
    expect(() => parseAnswers([text])).toThrow(UsageError);
  });
});
