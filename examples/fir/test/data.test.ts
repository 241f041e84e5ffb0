import { describe, expect, it } from "vitest";
import { loadComplaints, loadSections } from "../src/data.ts";

const sections = loadSections();
const complaints = loadComplaints(sections);

describe("statute sections", () => {
  it("has at least 120, each with its own id and citation", () => {
    expect(sections.length).toBeGreaterThanOrEqual(120);
    expect(new Set(sections.map(({ id }) => id)).size).toBe(sections.length);
    expect(new Set(sections.map(({ act, section }) => `${act} ${section}`)).size).toBe(sections.length);
  });

  it("describes each in one line with keywords to find it by", () => {
    for (const { id, title, description, keywords } of sections) {
      expect(keywords.length, id).toBeGreaterThan(2);
      expect(new Set(keywords).size, id).toBe(keywords.length);
      expect(`${title} ${description}`, id).not.toContain("\n");
      expect(description.length, id).toBeLessThan(120);
    }
  });
});

describe("complaints", () => {
  it("has at least 34, of which at least 10 are held out of training", () => {
    expect(complaints.length).toBeGreaterThanOrEqual(34);
    expect(complaints.filter(({ heldOut }) => heldOut).length).toBeGreaterThanOrEqual(10);
    expect(new Set(complaints.map(({ id }) => id)).size).toBe(complaints.length);
  });

  it("varies from a few sentences to a page", () => {
    const words = complaints.map(({ text }) => text.split(/\s+/).length);
    expect(Math.min(...words)).toBeLessThan(90);
    expect(Math.max(...words)).toBeGreaterThan(280);
  });

  it("has gold that the text supports", () => {
    for (const { id, text, facts, keyFacts, summary } of complaints) {
      expect(text, `${id}: the complainant is named`).toContain(facts.complainant.split(" ").at(-1));
      if (facts.loss !== "") expect(text, `${id}: the loss`).toContain(facts.loss);
      for (const spellings of keyFacts) {
        const said = spellings.some((spelling) => summary.toLowerCase().includes(spelling.toLowerCase()));
        expect(said, `${id}: its own summary mentions ${spellings.join(" or ")}`).toBe(true);
      }
    }
  });

  it("covers many different sections, the held-out ones too", () => {
    expect(new Set(complaints.flatMap(({ violations }) => violations)).size).toBeGreaterThan(40);
    const heldOut = complaints.filter((complaint) => complaint.heldOut);
    expect(new Set(heldOut.flatMap(({ violations }) => violations)).size).toBeGreaterThan(15);
  });
});
