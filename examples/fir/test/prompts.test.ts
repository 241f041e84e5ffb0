import { describe, expect, it } from "vitest";
import { loadComplaints, loadSections } from "../src/data.ts";
import {
  checkPrompt,
  complaintLimit,
  factNames,
  factsPrompt,
  factsSchema,
  narrativePrompt,
  readCheck,
  summaryPrompt,
  titlePrompt,
  transcribe,
} from "../src/prompts.ts";

const sections = loadSections();
const complaint = transcribe(loadComplaints(sections)[0]?.text ?? "");
const [first, second] = sections;
const flat = (messages: readonly { content: string }[]): string => messages.map(({ content }) => content).join("\n");

describe("prompts about a complaint", () => {
  it("share everything up to the task, so that one document needs its text evaluated once", () => {
    if (first === undefined || second === undefined) throw new Error("no sections");
    const prompts = [summaryPrompt, titlePrompt, factsPrompt].map((prompt) => flat(prompt(complaint)));
    prompts.push(flat(checkPrompt(complaint, first)), flat(checkPrompt(complaint, second)));
    const beginning = prompts[0]?.slice(0, prompts[0].indexOf("Task:")) ?? "";
    expect(beginning).toContain(complaint);
    for (const prompt of prompts) expect(prompt.startsWith(beginning)).toBe(true);
    expect(new Set(prompts).size).toBe(prompts.length);
  });

  it("cut a complaint of any length at a word", () => {
    const long = "word ".repeat(4000);
    const [, user] = summaryPrompt(long);
    expect(user?.content.length).toBeLessThan(complaintLimit + 100);
    expect(user?.content).toMatch(/word\n\nTask/);
    expect(summaryPrompt("x".repeat(9000))[1]?.content.length).toBeLessThan(complaintLimit + 100);
  });

  it("ask for the facts that the schema requires", () => {
    expect(factsSchema.schema.required).toEqual([...factNames]);
    expect(Object.keys(factsSchema.schema.properties)).toEqual([...factNames]);
    for (const name of factNames) expect(flat(factsPrompt(complaint))).toContain(name);
  });
});

describe("narrativePrompt", () => {
  it("cites the sections, or says that there are none", () => {
    const section = sections.find(({ id }) => id === "bns-304-2");
    if (section === undefined) throw new Error("no such section");
    const given = { complainant: "Asha Rao", summary: "Her chain was snatched." };
    expect(flat(narrativePrompt({ ...given, sections: [section] }))).toContain("Sections: BNS 304(2) Snatching\n");
    expect(flat(narrativePrompt({ ...given, sections: [] }))).toContain("Sections: none\n");
  });
});

describe("readCheck", () => {
  it.each([
    ["yes", true],
    [" No.", false],
    ["Yes, it does", true],
    ["**no**", false],
  ])("reads %j", (answer, expected) => expect(readCheck(answer)).toBe(expected));

  it.each(["", "maybe", "nothing of the kind", "yesterday"])("does not guess at %j", (answer) => {
    expect(readCheck(answer)).toBeUndefined();
  });
});

describe("transcribe", () => {
  it("makes one plain paragraph and is stable", () => {
    const plain = transcribe("He said \u201cgo\u201d \u2014\n\n  I\u2019m  afraid.\n");
    expect(plain).toBe('He said "go" - I\'m afraid.');
    expect(transcribe(plain)).toBe(plain);
  });
});
