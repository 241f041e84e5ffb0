import { join, resolve } from "node:path";

/** Where the embedded database lives unless told: `flyball.db` in `$FLYBALL_HOME`, by default `.flyball` here. */
export function defaultStorePath(): string {
  return resolve(join(process.env.FLYBALL_HOME || ".flyball", "flyball.db"));
}
