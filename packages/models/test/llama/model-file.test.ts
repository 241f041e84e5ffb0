import { truncateSync } from "node:fs";
import { dirname } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLlamaProvider, ModelError, readModelFile, tinyModelPath } from "../../src/index.ts";
import { tinyGguf, writeGguf } from "../tiny-gguf.ts";
import { temporaryFiles } from "./files.ts";

const file = temporaryFiles();
const whole = tinyGguf();
const reason = (path: string): Promise<ModelError> =>
  readModelFile(path).then(
    () => {
      throw new Error("the file was accepted");
    },
    (error) => error,
  );

describe("a model file is checked before the native library sees it", () => {
  it("accepts whole ones, and says what is in them", async () => {
    expect(await readModelFile(file("whole.gguf", whole))).toMatchObject({
      bytes: whole.length,
      parameters: 32 * 354 + 4 * 32 * 32 + 3 * 32 * 64 + 3 * 32,
      architecture: "llama",
      contextLength: 512,
      hasChatTemplate: true,
    });
    expect(await readModelFile(tinyModelPath)).toMatchObject({ architecture: "llama", hasChatTemplate: true });
  });

  it.each([
    ["an empty file", Buffer.alloc(0), "it ends within its header, after 0 bytes"],
    ["another format", Buffer.from("PK\u0003\u0004 a zip file, really"), 'it begins with "PK'],
    [
      "an old version",
      Buffer.concat([Buffer.from("GGUF"), Buffer.of(1, 0, 0, 0), Buffer.alloc(64)]),
      "its version is 1",
    ],
    [
      "endless claims",
      Buffer.concat([Buffer.from("GGUF"), Buffer.of(3, 0, 0, 0), Buffer.alloc(64, 255)]),
      "it has a length of",
    ],
    ["no tensors", writeGguf({ "general.architecture": { string: "gpt2" } }, []), "it holds no tensors"],
    ["no architecture", writeGguf({}, []), "it names no architecture"],
    [
      "a missing key",
      tinyGguf({ keys: { "llama.attention.head_count": undefined } }),
      "it lacks the key llama.attention.head_count",
    ],
    ["half of it", whole.subarray(0, whole.length / 2), "it is truncated: "],
    ["all but its last tensor's end", whole.subarray(0, whole.length - 33), "it is truncated: "],
  ])("refuses %s", async (name, bytes, why) => {
    const path = file(`${name.replaceAll(" ", "-")}.gguf`, bytes);
    const error = await reason(path);
    expect(error).toMatchObject({ code: "model_file_invalid", subject: path });
    expect(error.message).toContain(why);
  });

  it("tells a missing file from a broken one", async () => {
    expect(await reason("/nowhere/model.gguf")).toMatchObject({ code: "model_file_missing" });
    expect(await reason(dirname(tinyModelPath))).toMatchObject({ code: "model_file_invalid" });
  });

  it("refuses every beginning of a file", async () => {
    const path = file("cut.gguf", whole);
    const lengths = fc.sample(fc.integer({ min: 0, max: whole.length - 33 }), { seed: 3, numRuns: 60 });
    for (const length of lengths.sort((a, b) => b - a)) {
      truncateSync(path, length);
      expect(await reason(path)).toMatchObject({ code: "model_file_invalid" });
    }
  });

  it("never fails in another way, whatever the header says", async () => {
    const flips = fc.array(fc.tuple(fc.nat(6000), fc.nat(255)), { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(flips, async (changes) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      const outcome = await readModelFile(file("flipped.gguf", bytes)).catch((error) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ModelError);
    });
    await fc.assert(property, { seed: 5, numRuns: 300 });
  });
});

describe("a provider over a bad file", () => {
  it("fails each request with the reason, is unhealthy, and works once the file is there", async () => {
    const path = file("late.gguf", whole.subarray(0, 5000));
    const provider = createLlamaProvider({ models: { late: path } });
    const request = { model: "late", messages: [{ role: "user", content: "hello" }], maxTokens: 2 } as const;
    await expect(provider.generate(request)).rejects.toMatchObject({ code: "model_file_invalid" });
    await expect(provider.load("late")).rejects.toMatchObject({ code: "model_file_invalid" });
    expect(await provider.health()).toMatchObject({ healthy: false, reason: expect.stringContaining("late.gguf") });
    file("late.gguf", whole);
    expect(await provider.health()).toMatchObject({ healthy: true });
    expect((await provider.generate(request)).usage.outputTokens).toBe(2);
    await provider.close();
  });

  it("says why a whole file would not load, and keeps nothing of it", async () => {
    const path = file("odd.gguf", tinyGguf({ without: "output_norm.weight" }));
    const provider = createLlamaProvider({ models: { odd: path } });
    await expect(provider.load("odd")).rejects.toMatchObject({ code: "model_load_failed", subject: path });
    expect(provider.loadedModels()).toEqual([]);
    await provider.close();
  });

  it("refuses nonsensical settings at once", () => {
    expect(() => createLlamaProvider({ models: {} })).toThrow("models: expected at least one model");
    expect(() => createLlamaProvider({ models: { a: "" } })).toThrow("models.a.path: expected the path of a GGUF file");
    expect(() => createLlamaProvider({ models: { a: { path: "x", threads: 0 } } })).toThrow("models.a.threads");
    expect(() => createLlamaProvider({ models: { a: { path: "x", gpuLayers: -1 } } })).toThrow("models.a.gpuLayers");
    expect(() => createLlamaProvider({ models: { a: { path: "x", maxWaiting: -1 } } })).toThrow("models.a.maxWaiting");
  });
});
