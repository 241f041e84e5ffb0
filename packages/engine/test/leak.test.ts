import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const child = join(import.meta.dirname, "leak-child.ts");

describe("10,000 runs", () => {
  it.each(["bare", "recorded", "kept"])(
    "leave nothing behind (%s; LangGraph keeps 168 MB, mastra#8046 grew to 1.7 GB)",
    async (kind) => {
      const flags = ["--expose-gc", "--conditions=@flyball/source"];
      const { stdout } = await promisify(execFile)(process.execPath, [...flags, child, kind]);
      // One word a run would be 80 KB.
      expect(Number(stdout)).toBeLessThan(80_000);
    },
  );
});
