import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalCoordinator, openStore, type Store } from "../src/index.ts";
import { describeCoordinator } from "./coordinator-conformance.ts";

let folder = "";
const path = (): string => join(folder, "shared.db");
const folders = {
  start: async () => {
    folder = mkdtempSync(join(tmpdir(), "flyball-coordinator-"));
  },
  stop: async () => rmSync(folder, { recursive: true, force: true }),
};

describeCoordinator("local, each with a connection of its own", {
  ...folders,
  open: () => createLocalCoordinator(path()),
  source: () => ({ driver: "local", path: path() }),
});

let store: Store;
describeCoordinator("local, sharing one store's connection", {
  start: async () => {
    await folders.start();
    store = openStore({ path: path() });
  },
  open: () => createLocalCoordinator(store),
  source: () => ({ driver: "local", path: path() }),
  stop: async () => {
    await store.close();
    await folders.stop();
  },
});
