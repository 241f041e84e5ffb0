import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const child = join(import.meta.dirname, "leak-child.ts");

describe("10,000 runs", () => {
  it.each(["bare", "recorded and kept"])(
    "leave nothing behind (%s; LangGraph keeps 168 MB, mastra#8046 grew to 1.7 GB)",
    async (kind) => {
      const flags = ["--expose-gc", "--conditions=@flyball/source"];
      const { stdout } = await promisify(execFile)(process.execPath, [...flags, child, kind]);
      // The smallest object that a run could leave behind is larger than 40 bytes; the compiler's own growth is smaller.
      expect(Number(stdout)).toBeLessThan(10_000 * 40);
    },
  );
});
