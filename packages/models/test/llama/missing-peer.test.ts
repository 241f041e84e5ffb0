import { expect, it, vi } from "vitest";
import { createLlamaProvider, tinyModelPath } from "../../src/index.ts";

// What importing an absent package does.
vi.mock("node-llama-cpp", () => {
  throw Object.assign(new Error("Cannot find package 'node-llama-cpp'"), { code: "ERR_MODULE_NOT_FOUND" });
});

it("says how to install the optional peer", async () => {
  const provider = createLlamaProvider({ models: { tiny: tinyModelPath } });
  const request = { model: "tiny", messages: [{ role: "user", content: "hello" }] } as const;
  await expect(provider.generate(request)).rejects.toMatchObject({
    code: "peer_missing",
    message: expect.stringContaining("npm install node-llama-cpp@3.21.1"),
  });
  expect(await provider.health()).toMatchObject({ healthy: false, reason: expect.stringContaining("npm install") });
});
