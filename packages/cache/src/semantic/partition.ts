import { createHash } from "node:crypto";
import type { SemanticPartition } from "./types.ts";

/**
 * A partition's name; undefined when it lacks a tenant or a model, since all that lack one would share it. As JSON no
 * tenant can be chosen such that it runs into another's.
 */
export function partitionKey({ tenant, model, context = "" }: SemanticPartition): string | undefined {
  const named = [tenant, model].every((part) => typeof part === "string" && part !== "");
  return named && typeof context === "string" ? JSON.stringify([tenant, model, context]) : undefined;
}

/** Whether a partition's name is of those meant: by tenant, and by model and context where they are given. */
export function isOf(key: string, meant: Pick<SemanticPartition, "tenant"> & Partial<SemanticPartition>): boolean {
  const [tenant, model, context] = JSON.parse(key) as [string, string, string];
  return (
    tenant === meant.tenant &&
    (meant.model === undefined || meant.model === model) &&
    (meant.context === undefined || meant.context === context)
  );
}

/** The key of a question's answer: a hash, so that neither tenants nor questions show in a store. */
export const answerKey = (partition: string, question: string): string =>
  createHash("sha256")
    .update(JSON.stringify([partition, question]))
    .digest("base64url");
