import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const main = resolve(import.meta.dirname, "../src/main.ts");
const bin = resolve(import.meta.dirname, "../bin/flyball.js");
export const orders: string = resolve(import.meta.dirname, "fixtures/orders");

/** How a command ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the match when the pattern shows up on either stream; rejects when the command ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

/** The real command in processes of its own, with a home folder that goes with the test. */
export interface FlyballHome {
  readonly folder: string;
  start(parameters: readonly string[], options?: SpawnOptions): Started;
  run(parameters: readonly string[], options?: SpawnOptions): Promise<Ended>;
  remove(): void;
}

export interface SpawnOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Written to standard input, which then ends. */
  readonly input?: string;
  /** Through `bin/flyball.js` instead of the source of main. */
  readonly throughBin?: boolean;
}

// What the machine has set must not reach the commands: only what a test names.
const inherited = Object.fromEntries(
  ["PATH", "HOME", "TMPDIR", "LANG"].flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
);

export function flyballHome(): FlyballHome {
  const folder = mkdtempSync(join(tmpdir(), "flyball-cli-"));
  const children = new Set<ChildProcess>();

  function start(parameters: readonly string[], options: SpawnOptions = {}): Started {
    const entry = options.throughBin ? [bin] : ["--conditions=@flyball/source", main];
    const child = spawn(process.execPath, [...entry, ...parameters], {
      cwd: folder,
      env: { ...inherited, ...options.environment },
    });
    children.add(child);
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    const output = { stdout: "", stderr: "" };
    const listeners = new Set<() => void>();
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        output[stream] += text;
        for (const listen of listeners) listen();
      });
    }
    const ended = new Promise<Ended>((resolveEnd) => {
      child.once("close", (status) => {
        children.delete(child);
        resolveEnd({ status, ...output });
      });
    });
    return {
      child,
      ended,
      says: (pattern) =>
        new Promise((found, reject) => {
          const look = (): void => {
            const match = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
            if (match) found(match);
          };
          listeners.add(look);
          look();
          void ended.then(({ stdout, stderr }) => reject(new Error(`ended without ${pattern}:\n${stdout}\n${stderr}`)));
        }),
    };
  }

  return {
    folder,
    start,
    run: (parameters, options) => start(parameters, options).ended,
    remove() {
      for (const child of children) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
