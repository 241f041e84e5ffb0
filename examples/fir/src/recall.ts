import { pooledSetScores } from "@flyball/models";
import type { Complaint } from "./data.ts";
import type { KnowledgeBase } from "./knowledge-base.ts";

/** How many of the gold violations are among the first `hits` sections retrieved: what checks can find at best. */
export async function retrievalRecall(
  knowledge: KnowledgeBase,
  complaints: readonly Complaint[],
  hits: number,
): Promise<number> {
  const pairs = await Promise.all(
    complaints.map(async (complaint) => ({
      predicted: (await knowledge.search(complaint.text, hits)).map((hit) => hit.section.id),
      gold: complaint.violations,
    })),
  );
  return pooledSetScores(pairs).recall;
}
