import { openStore } from "@flyball/storage";
import { createEmbeddedFlags, flagMigrations } from "../src/index.ts";
import { providerConformance } from "./provider-conformance.ts";

providerConformance("embedded", async () => {
  const store = openStore({ path: ":memory:", migrations: flagMigrations });
  const provider = createEmbeddedFlags({ store });
  return {
    provider,
    admin: provider,
    close: async () => {
      await provider.close();
      await store.close();
    },
  };
});
