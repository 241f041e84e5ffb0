import { defineConfig } from "vitest/config";

// Without "import" and "default", which are there anyway: Node gets this list too, and with "import" in it `require`
// would be given the ES modules of packages that have both, such as pg-pool.
const conditions = ["@flyball/source", "node", "module"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "forks",
    maxWorkers: 2,
    // Generous: a busy machine must not fail a test that only waits for real servers.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    typecheck: { enabled: false },
  },
});
