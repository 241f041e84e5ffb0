import { expect, test } from "vitest";
import { renderReport } from "../src/report.ts";
import { sectionsOf } from "./fixtures.ts";

const data = {
  number: "2026-03-01/c1",
  station: "Central",
  receivedAt: "2026-03-01",
  transcript: "first line\n<script>alert('x')</script>",
  summary: "a & b",
  narrative: "n",
  violations: sectionsOf(1),
  unchecked: [],
  madeWith: "prompts test, model test",
  approvals: [{ step: "summary", by: "officer" }],
};

test("the HTML report escapes what strangers wrote", () => {
  const { html } = renderReport(data);
  expect(html).not.toContain("<script>");
  expect(html).toContain("&lt;script&gt;");
  expect(html).toContain("a &amp; b");
});

test("the Markdown report keeps its table and its quotation together", () => {
  const { markdown } = renderReport(data);
  expect(markdown).toContain("|---|---|---|\n| Test Act | 1 | Offence 1 |\n\n");
  expect(markdown).toContain("> first line\n> <script>");
});

test("the Markdown report sets every heading and table apart by a blank line", () => {
  const { markdown } = renderReport(data);
  expect(markdown).toMatch(/^# .*\n\n\| \| \|\n\|---\|---\|\n\| Police station/);
  expect(markdown).not.toMatch(/[^\n]\n## /);
  expect(markdown).not.toMatch(/\n\n\n/);
});

test("no section and an unchecked one are both said", () => {
  const { markdown, html } = renderReport({ ...data, violations: [], unchecked: sectionsOf(1) });
  for (const text of [markdown, html]) {
    expect(text).toContain("No section was found to apply");
    expect(text).toContain("s1");
  }
});
