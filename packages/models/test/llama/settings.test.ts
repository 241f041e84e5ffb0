import { availableParallelism } from "node:os";
import { expect, it } from "vitest";
import type { ModelFile } from "../../src/index.ts";
import { resolveSettings } from "../../src/providers/llama/settings.ts";

const big: ModelFile = {
  path: "big.gguf",
  bytes: 4e9,
  parameters: 7e9,
  architecture: "llama",
  contextLength: 131_072,
  hasChatTemplate: true,
};

it("gives small models one thread and big ones the cores of this machine", () => {
  expect(resolveSettings({ path: "x" }, big).threads).toBe(availableParallelism());
  expect(resolveSettings({ path: "x" }, { ...big, parameters: 49e6 }).threads).toBe(1);
  expect(resolveSettings({ path: "x" }, { ...big, bytes: 99 * 1024 * 1024 }).threads).toBe(1);
  expect(resolveSettings({ path: "x", threads: 3 }, { ...big, parameters: 1 }).threads).toBe(3);
});

it("does not ask for more context than the model was trained for, unless told", () => {
  expect(resolveSettings({ path: "x" }, big).contextSize).toBe(2048);
  expect(resolveSettings({ path: "x" }, { ...big, contextLength: 512 }).contextSize).toBe(512);
  expect(resolveSettings({ path: "x", contextSize: 4096 }, { ...big, contextLength: 512 }).contextSize).toBe(4096);
});

it("maps files, locks nothing and looks for no GPU by default", () => {
  expect(resolveSettings({ path: "x" }, big)).toMatchObject({ mmap: true, mlock: false, gpuLayers: 0, batchSize: 512 });
});
