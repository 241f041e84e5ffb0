import { pooledSetScores } from "@flyball/models";
import { start } from "@flyball/sdk";
import { tinyModel, tinyProvider } from "./connect.ts";
import type { Complaint, Section } from "./data.ts";
import { embedWith, openKnowledgeBase } from "./knowledge-base.ts";

export interface Recall {
  readonly hits: number;
  /** Share of all gold violations among the first `hits` sections: what checks can find at best. */
  readonly recall: number;
}

/** What checking fewer hits costs: recall of the retrieval with the shipped model's embeddings. */
export async function measureRecall(
  sections: readonly Section[],
  complaints: readonly Complaint[],
  hits: readonly number[],
): Promise<Recall[]> {
  await using flyball = await start({ environment: {}, listen: false, store: { path: ":memory:" } });
  const models = await flyball.models.client({ provider: tinyProvider() });
  const knowledge = await openKnowledgeBase(sections, embedWith(models, tinyModel), flyball.telemetry);
  const most = Math.max(...hits);
  const found: (readonly string[])[] = [];
  for (const complaint of complaints) {
    found.push((await knowledge.search([complaint.text], most)).map((hit) => hit.section.id));
  }
  knowledge.close();
  return hits.map((first) => ({
    hits: first,
    recall: pooledSetScores(
      complaints.map((complaint, index) => ({
        predicted: (found[index] as readonly string[]).slice(0, first),
        gold: complaint.violations,
      })),
    ).recall,
  }));
}
