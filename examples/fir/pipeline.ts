import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { tokenBudget } from "@flyball/models";
import { definePipeline } from "@flyball/sdk";
import { z } from "zod";
import { budgets } from "./src/ask.ts";
import { chooseModel } from "./src/connect.ts";
import { loadComplaints, loadSections } from "./src/data.ts";
import { healthGate } from "./src/health-gate.ts";
import { embedWith, openKnowledgeBase } from "./src/knowledge-base.ts";
import { cachedKnowledge } from "./src/knowledge-cache.ts";
import { unpaced } from "./src/pace.ts";
import { createScoreboard } from "./src/quality.ts";
import { settingsSchema } from "./src/settings.ts";
import { documentStatistics } from "./src/statistics.ts";
import { keepQuery, warmFrom } from "./src/warm.ts";
import { complaintSchema, firWorkflow, queryOf } from "./src/workflow.ts";

const options = settingsSchema.extend({
  provider: z
    .enum(["tiny", "gguf", "openai", "gemini", "ollama", "llama-server"])
    .default("tiny")
    .describe("where the model runs; tiny ships with the repository"),
  model: z.string().optional().describe("the model's name for a service, or the file for provider=gguf"),
  complaints: z.enum(["all", "held-out"]).default("all").describe("which complaints to run"),
  warm: z
    .string()
    .optional()
    .describe("warm the cached queries: history, or a file of them such as OUT/queries.jsonl of another run"),
  out: z.string().default(".flyball/fir").describe("folder for the reports"),
});

/** Police complaint to First Information Report, over the complaints in `data/`. */
export const pipeline = definePipeline({
  name: "fir",
  description: "Police complaint to First Information Report, with approvals",
  options,
  async setup(flyball, settings) {
    const { choice, model } = chooseModel(settings);
    const sections = loadSections();
    const models = await flyball.models.client(choice);
    const opened = await openKnowledgeBase(sections, embedWith(models, model), flyball.telemetry);
    const cached =
      settings.cache === "on" ? cachedKnowledge(opened, { cache: flyball.cache, sections, model }) : undefined;
    const warmed = settings.warm && cached ? await warmFrom(settings.warm, cached, settings.hits) : undefined;
    const knowledge = cached ?? opened;
    const budget = tokenBudget(budgets, { tight: () => settings.budgets === "tight" });
    const requireHealthy = healthGate(models, settings.healthChecks);
    const services = { models, model, requireHealthy, budget, knowledge, pace: unpaced, today: () => new Date() };
    const workflow = firWorkflow(services, settings);
    const complaints = loadComplaints(sections);
    const byId = new Map(complaints.map((complaint) => [complaint.id, complaint]));
    const statistics = documentStatistics(flyball.meter);
    const scoreboard = createScoreboard(flyball.telemetry);
    await mkdir(settings.out, { recursive: true });

    return {
      workflow,
      input: complaintSchema,
      async *inputs() {
        for (const complaint of complaints) {
          if (settings.complaints === "held-out" && !complaint.heldOut) continue;
          const input = complaintSchema.parse({ id: complaint.id, text: complaint.text });
          yield { id: complaint.id, unit: complaint.id, input };
        }
      },
      approve: () => ({ approved: true, by: "automatic" }),
      async present(result, item) {
        if (result.status !== "completed") {
          statistics.missed(result.status);
          return undefined;
        }
        const { output, state } = result;
        const path = join(settings.out, item.id);
        await writeFile(`${path}.md`, output.markdown);
        await writeFile(`${path}.html`, output.html);
        await keepQuery(join(settings.out, "queries.jsonl"), queryOf(state));
        statistics.written(output, state.violations);
        const violations = state.violations.applying.map((section) => section.id);
        const complaint = byId.get(item.id);
        if (complaint) await scoreboard.add(complaint, { summary: state.summary, violations });
        return `  ${relative(".", `${path}.md`)}  ${violations.join(", ") || "no section applies"}`;
      },
      async summary() {
        const warm =
          warmed && `warmed   ${warmed.computed} queries computed, ${warmed.found} found, ${warmed.failed} lost`;
        return [scoreboard.describe(), warm, `reports  ${settings.out}`].filter(Boolean).join("\n\n");
      },
      async close() {
        knowledge.close();
      },
    };
  },
});
