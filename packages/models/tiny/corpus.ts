/**
 * Writes the training corpus as JSONL: `node packages/models/tiny/corpus.ts --out corpus.jsonl [--extra module.ts …]`.
 * An extra module exports `records(tools)` and adds the texts of one application; this folder knows none of them.
 */

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { corpus, type Extra } from "./corpus/corpus.ts";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    extra: { type: "string", multiple: true, default: [] },
    seed: { type: "string", default: "7" },
    scale: { type: "string", default: "1" },
  },
});
if (values.out === undefined) throw new Error("--out FILE is missing");

const extras: Extra[] = [];
for (const path of values.extra) extras.push((await import(pathToFileURL(resolve(path)).href)) as Extra);
const file = createWriteStream(values.out);
for (const record of corpus({ seed: Number(values.seed), scale: Number(values.scale), extras })) {
  if (!file.write(`${JSON.stringify(record)}\n`)) await once(file, "drain");
}
file.end();
await once(file, "finish");
