import { join, resolve } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { defaultStorePath } from "../src/index.ts";

afterEach(() => vi.unstubAllEnvs());

test.each([
  [undefined, resolve(".flyball", "flyball.db")],
  ["", resolve(".flyball", "flyball.db")],
  [join("/var", "lib", "flyball"), join("/var", "lib", "flyball", "flyball.db")],
])("with FLYBALL_HOME %j the store is %s", (home, path) => {
  vi.stubEnv("FLYBALL_HOME", home);
  expect(defaultStorePath()).toBe(path);
});
