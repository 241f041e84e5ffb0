import { createModelClient, createScriptedProvider, type ScriptedAnswer, tokenBudget } from "@flyball/models";
import { budgets } from "../src/ask.ts";
import type { Section } from "../src/data.ts";
import { healthGate } from "../src/health-gate.ts";
import type { KnowledgeBase } from "../src/knowledge-base.ts";
import { unpaced } from "../src/pace.ts";
import type { FirServices } from "../src/services.ts";

/** Sections `s1` … `sN`. */
export function sectionsOf(count: number): Section[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `s${index + 1}`,
    act: "Test Act",
    actShort: "TA",
    section: String(index + 1),
    title: `Offence ${index + 1}`,
    description: `It is offence number ${index + 1}.`,
    keywords: [`word${index + 1}`],
  }));
}

/** A knowledge base that always finds the same sections, in order. */
export function fixedKnowledge(sections: readonly Section[]): KnowledgeBase {
  return {
    search: async (_text, limit) =>
      sections.slice(0, limit).map((section, index) => ({ section, score: 1 / (index + 1) })),
    close() {},
  };
}

/** Services over a scripted model: every check says no unless the script knows better. */
export function scriptedServices(sections: readonly Section[], script: readonly ScriptedAnswer[] = []) {
  const provider = createScriptedProvider({
    answers: [
      ...script,
      { when: /Answer yes or no/, text: "no" },
      { when: /Write a short summary/, text: "A short summary." },
      { when: /Write the narrative/, text: "A narrative." },
      { when: /Give JSON/, text: JSON.stringify({ complainant: "Asha Rao" }) },
    ],
  });
  const models = createModelClient({ provider });
  const services: FirServices = {
    models,
    model: "scripted",
    requireHealthy: healthGate(models, "cached"),
    budget: tokenBudget(budgets),
    knowledge: fixedKnowledge(sections),
    pace: unpaced,
    today: () => new Date("2026-03-01T00:00:00Z"),
  };
  return { provider, services };
}
