import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

/** npm packages that some suites alone need: a folder with its own lockfile, so that the root install stays small. */
export interface OwnInstall {
  /** What they are for, for people. */
  readonly suites: string;
  /** Not installed, or older than the lockfile. */
  missing(): boolean;
  /** Whether the suites can run. In CI nothing may be missing, so there it throws instead. */
  installed(): boolean;
  /** Installs from the lockfile; false when that failed. */
  install(say: (line: string) => void): boolean;
}

/** `finish` does what the packages' own scripts would: none of them is run. */
export function ownInstall(folder: string, suites: string, finish?: () => void): OwnInstall {
  const lockfile = join(folder, "package-lock.json");
  // What npm writes last, so that an installation that was broken off does not count.
  const receipt = join(folder, "node_modules", ".package-lock.json");
  const missing = (): boolean => !existsSync(receipt) || statSync(receipt).mtimeMs < statSync(lockfile).mtimeMs;
  return {
    suites,
    missing,
    installed() {
      if (existsSync(receipt)) return true;
      if (process.env.CI) throw new Error(`${folder} is not installed, and in CI every suite must run: ${suites}`);
      return false;
    },
    install(say) {
      const command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
      say(`Tests of ${suites}: npm ${command.join(" ")} in ${folder}`);
      const { status } = spawnSync("npm", command, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
      if (status !== 0) return false;
      finish?.();
      return true;
    },
  };
}
