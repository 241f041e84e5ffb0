import { Mastra } from "@mastra/core";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { z } from "zod";
import type { EngineSubject } from "./subject.ts";

const value = z.object({ value: z.number() });
const step = (id: string) =>
  createStep({
    id,
    inputSchema: value,
    outputSchema: value,
    execute: async ({ inputData }) => ({ value: inputData.value + 1 }),
  });

// biome-ignore lint/suspicious/noExplicitAny: the builder's type changes with every step added in a loop
let line: any = createWorkflow({ id: "line", inputSchema: value, outputSchema: value });
for (let index = 0; index < 10; index++) line = line.then(step(`n${index}`));
line.commit();

const names = Array.from({ length: 10 }, (_, index) => `n${index}`);
const fan = createWorkflow({ id: "fan", inputSchema: value, outputSchema: value })
  .then(step("first"))
  .parallel(names.map(step))
  .then(
    createStep({
      id: "join",
      inputSchema: z.object(Object.fromEntries(names.map((name) => [name, value]))),
      outputSchema: value,
      execute: async () => ({ value: 1 }),
    }),
  );
fan.commit();

const mastra = new Mastra({ workflows: { line, fan }, logger: false });

async function run(id: "line" | "fan"): Promise<void> {
  const execution = await mastra.getWorkflow(id).createRun();
  const result = await execution.start({ inputData: { value: 0 } });
  if (result.status !== "success") throw new Error(`Mastra's ${id} ended ${result.status}`);
}

export const mastraWorkflow: EngineSubject = { name: "Mastra", line: () => run("line"), fan: () => run("fan") };
