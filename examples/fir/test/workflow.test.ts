import { createEngine, createMemoryCheckpoints } from "@flyball/engine";
import { describe, expect, test } from "vitest";
import { settingsSchema } from "../src/settings.ts";
import { complaintSchema, firWorkflow } from "../src/workflow.ts";
import { scriptedServices, sectionsOf } from "./fixtures.ts";

const complaint = complaintSchema.parse({ id: "c1", text: "My bicycle was taken from the yard at night." });
const settings = settingsSchema.parse({});
const approved = { approve: () => ({ approved: true, by: "officer" }) };

describe("the flow", () => {
  test("ends with a report that holds every step's result", async () => {
    const { services } = scriptedServices(sectionsOf(20), [{ when: /Offence: Offence 2\b/, text: "yes" }]);
    const result = await createEngine().run(firWorkflow(services, settings), complaint, approved);
    if (result.status !== "completed") throw new Error(`ended ${result.status}`, { cause: result });
    expect(result.state.checks).toHaveLength(10);
    expect(result.state.violations.applying.map(({ id }) => id)).toEqual(["s2"]);
    for (const part of [
      "2026-03-01/c1",
      "| Test Act | 2 | Offence 2 |",
      "A short summary.",
      "A narrative.",
      "> My bicycle",
    ]) {
      expect(result.output.markdown).toContain(part);
    }
    expect(result.output.markdown).toContain("transcript by officer");
  });

  test("a check that fails, one that is late and one that is unreadable lose only themselves", async () => {
    const { services } = scriptedServices(sectionsOf(20), [
      { when: /Offence: Offence 1\b/, fail: new Error("the model fell over") },
      { when: /Offence: Offence 3\b/, hang: true },
      { when: /Offence: Offence 4\b/, text: "perhaps" },
      { when: /Offence: Offence 5\b/, text: "Yes." },
    ]);
    const workflow = firWorkflow(services, { ...settings, checkTimeoutMs: 50 });
    const result = await createEngine().run(workflow, complaint, approved);
    if (result.status !== "completed") throw new Error(`ended ${result.status}`, { cause: result });
    const { applying, failed, notApplying } = result.state.violations;
    expect(applying.map(({ id }) => id)).toEqual(["s5"]);
    expect(failed.map(({ section, error }) => [section.id, error.type])).toEqual([
      ["s1", "Error"],
      ["s3", "timeout"],
      ["s4", "check_unreadable"],
    ]);
    expect(notApplying).toBe(6);
    expect(result.output.markdown).toContain("Not checked, because the check failed or took too long: s1, s3, s4.");
  });

  test("checks run one after another when asked to, and side by side by default", async () => {
    const most = async (checks: "parallel" | "sequential"): Promise<number> => {
      let now = 0;
      let peak = 0;
      const { services } = scriptedServices(sectionsOf(20));
      const { models } = services;
      const watched: typeof models = {
        ...models,
        async streamTo(request, onChunk) {
          peak = Math.max(peak, ++now);
          await new Promise((resolve) => setImmediate(resolve));
          try {
            return await models.streamTo(request, onChunk);
          } finally {
            now--;
          }
        },
      };
      const named = { ...complaint, complainant: "Asha Rao" };
      await createEngine().run(firWorkflow({ ...services, models: watched }, { ...settings, checks }), named, approved);
      return peak;
    };
    expect(await most("sequential")).toBe(1);
    expect(await most("parallel")).toBe(10);
  });

  test("the model is asked for the complainant only when the desk did not write it down", async () => {
    const asks = async (complainant?: string): Promise<number> => {
      const { services, provider } = scriptedServices(sectionsOf(1));
      const result = await createEngine().run(firWorkflow(services, settings), { ...complaint, complainant }, approved);
      expect(result.status).toBe("completed");
      return provider.calls.filter((call) => call.messages.some(({ content }) => content.includes("Give JSON"))).length;
    };
    expect(await asks()).toBe(1);
    expect(await asks("Asha Rao")).toBe(0);
  });

  test("facts that are cut off in the middle leave the name open and the flow whole", async () => {
    const { services } = scriptedServices(sectionsOf(1), [{ when: /Give JSON/, text: '{"complainant": "As' }]);
    const result = await createEngine().run(firWorkflow(services, settings), complaint, approved);
    expect(result.status).toBe("completed");
  });

  test("budgets bound what every step may generate", async () => {
    const { services, provider } = scriptedServices(sectionsOf(1));
    await createEngine().run(firWorkflow(services, settings), complaint, approved);
    const tokens = (part: string) =>
      provider.calls.find((call) => call.messages.some(({ content }) => content.includes(part)))?.maxTokens;
    expect([tokens("short summary"), tokens("yes or no"), tokens("the narrative")]).toEqual([120, 4, 180]);
  });
});

describe("approvals", () => {
  test("each suspends the run; another engine resumes it; edits reach the report; nothing is asked twice", async () => {
    const checkpoints = createMemoryCheckpoints();
    const { services, provider } = scriptedServices(sectionsOf(3));
    const workflow = firWorkflow(services, settings);
    let result = await createEngine({ checkpoints }).run(workflow, complaint);
    const waitedFor: string[] = [];
    while (result.status === "suspended") {
      expect(result.pending).toHaveLength(1);
      const path = result.pending[0]?.path ?? "";
      waitedFor.push(path);
      const edit = path === "approveSummary" ? { edit: "What the officer wrote." } : {};
      const answers = { [path]: { approved: true, by: "officer", ...edit } };
      result = await createEngine({ checkpoints }).resume(workflow, result.runId, { answers }).result;
    }
    expect(waitedFor).toEqual([
      "approveTranscript",
      "approveSummary",
      "approveViolations",
      "approveNarrative",
      "finalReview",
    ]);
    expect(result.status === "completed" && result.output.markdown).toContain("What the officer wrote.");
    // One summary, three checks, one narrative and one extraction, however often the run was resumed.
    expect(provider.calls).toHaveLength(6);
  });

  test("a refusal ends the run at that step", async () => {
    const { services } = scriptedServices(sectionsOf(3));
    const approve = ({ path }: { path: string }) => ({ approved: path !== "approveNarrative", by: "officer" });
    const result = await createEngine().run(firWorkflow(services, settings), complaint, { approve });
    expect(result).toMatchObject({ status: "failed", node: "approveNarrative" });
  });
});
