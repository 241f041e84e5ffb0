import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { available } from "../../../../test/services/executable.ts";
import { tinyModelPath } from "../../src/index.ts";

const script = fileURLToPath(new URL("./locked-model.ts", import.meta.url));

describe.skipIf(!available("prlimit") || !available("setpriv"))("a memory lock that the system refuses", () => {
  it("is a warning, once, and the model works", () => {
    // Root may lock whatever it likes, so the process becomes nobody first.
    const asNobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--clear-groups"] : [];
    const node = [process.execPath, "--conditions=@flyball/source", script, tinyModelPath];
    const [command = "", ...rest] = [...asNobody, "prlimit", "--memlock=4096", ...node];
    const { warnings, outputTokens } = JSON.parse(execFileSync(command, rest, { encoding: "utf8" }));
    expect(outputTokens).toBe(2);
    expect(warnings).toEqual([
      { model: "tiny", reason: expect.stringContaining("mlock"), message: "the model is not locked in memory" },
    ]);
  });
});
