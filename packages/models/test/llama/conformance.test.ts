import { createLlamaProvider, tinyModelPath } from "../../src/index.ts";
import { providerConformance } from "../provider-conformance.ts";

providerConformance("llama with the model that ships", async () => {
  const provider = createLlamaProvider({ models: { tiny: tinyModelPath } });
  await provider.load("tiny");
  return {
    provider,
    model: "tiny",
    question: "Summarize: The bus was late because of snow. Anna walked to work.",
    longQuestion: "Summarize: The bus was late because of snow. Anna walked to work.",
    structuredQuestion: "Is the text positive? The service was good.",
    close: () => provider.close(),
  };
});
