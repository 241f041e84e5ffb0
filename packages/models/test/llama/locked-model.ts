// Runs on its own, under a limit of locked memory: loads a model with mlock and prints the warnings.
import { silentLogger } from "@flyball/core";
import { createLlamaProvider } from "../../src/index.ts";

const warnings: object[] = [];
const provider = createLlamaProvider({
  models: { tiny: { path: process.argv[2] ?? "", mlock: true } },
  logger: { ...silentLogger, warn: (fields, message) => void warnings.push({ ...fields, message }) },
});
const messages = [{ role: "user", content: "hello" }] as const;
const { usage } = await provider.generate({ model: "tiny", messages, maxTokens: 2 });
await provider.close();
console.log(JSON.stringify({ warnings, outputTokens: usage.outputTokens }));
