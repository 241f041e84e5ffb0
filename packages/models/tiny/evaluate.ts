/**
 * Scores a model on texts that it was not trained on, task by task:
 * `node --conditions=@flyball/source packages/models/tiny/evaluate.ts [--extra module.ts …] [--gguf FILE] [--json]`.
 * The general tasks are drawn from the templates of the corpus with another seed; an extra module exports `records()`
 * and brings texts of its own.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { createLlamaProvider } from "../src/providers/llama/provider.ts";
import { tinyModelPath } from "../src/tiny.ts";
import { corpus } from "./corpus/corpus.ts";
import type { ChatRecord, EvaluationRecord } from "./corpus/record.ts";
import { type Query, scoreRetrieval } from "./evaluation/retrieval.ts";
import { type Answered, type Figures, scoreTask } from "./evaluation/scores.ts";

const { values } = parseArgs({
  options: {
    extra: { type: "string", multiple: true, default: [] },
    gguf: { type: "string", default: tinyModelPath },
    json: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});

const model = "evaluated";
const provider = createLlamaProvider({ models: { [model]: { path: values.gguf, contextSize: 2048, sequences: 1 } } });
const report: Record<string, { samples: number; figures: Figures }> = {};
try {
  const records: EvaluationRecord[] = [...corpus({ seed: 1_000_003, scale: 0.01, extras: [] })];
  for (const path of values.extra) {
    const extra = (await import(pathToFileURL(resolve(path)).href)) as { records(): Iterable<EvaluationRecord> };
    records.push(...extra.records());
  }
  await answerAll(records.filter((record) => "messages" in record));
  await retrieveAll(records);
} finally {
  await provider.close();
}
if (values.json) console.log(JSON.stringify({ model: values.gguf, tasks: report }, undefined, 2));
else for (const [task, { samples, figures }] of Object.entries(report)) console.log(row(task, samples, figures));

async function answerAll(records: readonly ChatRecord[]): Promise<void> {
  const byTask = new Map<string, Answered[]>();
  for (const { task, messages, answer: gold, mentions } of records) {
    const { text } = await provider.generate({ model, messages, maxTokens: 180, temperature: 0 });
    const answers = byTask.get(task) ?? [];
    answers.push({ gold, answer: text.trim(), ...(mentions ? { mentions } : {}) });
    byTask.set(task, answers);
    if (values.verbose && gold !== "no") console.error(`${task}\n  gold  ${gold}\n  said  ${text}`);
  }
  for (const [task, answers] of byTask) report[task] = { samples: answers.length, figures: scoreTask(answers) };
}

async function retrieveAll(records: readonly EvaluationRecord[]): Promise<void> {
  const passages = [...new Set(records.flatMap((record) => ("passage" in record ? [record.passage] : [])))];
  const wanted = new Map<string, Set<number>>();
  for (const record of records) {
    if (!("query" in record)) continue;
    const own = wanted.get(record.query) ?? new Set<number>();
    wanted.set(record.query, own.add(passages.indexOf(record.passage)));
  }
  if (wanted.size === 0) return;
  const queries: Query[] = [...wanted].map(([text, own]) => ({ text, wanted: own }));
  const embed = async (inputs: readonly string[]) => (await provider.embed({ model, inputs })).vectors;
  report.retrieval = { samples: queries.length, figures: await scoreRetrieval(queries, passages, embed) };
}

function row(task: string, samples: number, figures: Figures): string {
  const shown = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(3)}`);
  return `${task.padEnd(12)} ${String(samples).padStart(5)}  ${shown.join("  ")}`;
}
