import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

/** The model that ships. */
export const shippedModel: string = fileURLToPath(new URL("../../tiny/flyball-tiny.gguf", import.meta.url));

/** A folder that is gone after the tests of this file. */
export function temporaryFiles(): (name: string, content: Buffer) => string {
  const folder = mkdtempSync(join(tmpdir(), "flyball-llama-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name, content) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
}
