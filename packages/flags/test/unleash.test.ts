import { openStore } from "@flyball/storage";
import { describe } from "vitest";
import { unleashInstalled } from "../../../test/services/unleash/installed.ts";
import { startUnleash } from "../../../test/services/unleash/server.ts";
import { createUnleashAdmin, createUnleashFlags, flagMigrations } from "../src/index.ts";
import { providerConformance } from "./provider-conformance.ts";

describe.skipIf(!unleashInstalled())("against a real server", () => {
  providerConformance("unleash", async () => {
    const server = await startUnleash();
    const store = openStore({ path: ":memory:", migrations: flagMigrations });
    const provider = await createUnleashFlags({ url: server.url, token: server.clientToken, refreshMs: 50 });
    const admin = createUnleashAdmin({ url: server.url, token: server.adminToken, store });
    return {
      provider,
      admin,
      close: async () => {
        await provider.close();
        await store.close();
        await server.stop();
      },
    };
  });
});
