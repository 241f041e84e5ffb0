import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("a process waits for the timeout of a node that waits for nothing else, and for nothing after it", async () => {
  const script = `
    import { createEngine, workflow } from ${JSON.stringify(import.meta.resolve("../src/index.ts"))};
    const graph = workflow("w").node("stuck", { timeoutMs: 50 }, () => new Promise(() => {})).build();
    const result = await createEngine().run(graph, 1);
    process.stdout.write(result.error.code);`;
  const flags = ["--conditions=@flyball/source", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { timeout: 20_000 });
  expect(stdout).toBe("timeout");
});
