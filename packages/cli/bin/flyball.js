#!/usr/bin/env node
// Syntax of 2017 on purpose: this file must run on a Node that is too old, to find a newer one or to say so.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..");
// A checkout runs from source, so that a stale build is never what is tried; a published package has only dist.
const source = join(folder, "src", "main.ts");
const fromSource = existsSync(source);
const recent = Number(process.versions.node.split(".")[0]) >= 24;

/** The Node that the npm package `node` brings, where it is installed. */
function newerNode() {
  try {
    const binary = createRequire(import.meta.url).resolve("node/bin/node");
    return existsSync(binary) ? binary : undefined;
  } catch (_notInstalled) {
    return undefined;
  }
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}

function runWith(node) {
  const entry = fromSource ? source : join(folder, "dist", "main.js");
  const child = spawn(node, ["--conditions=@flyball/source", entry].concat(process.argv.slice(2)), {
    stdio: "inherit",
  });
  // A terminal sends Ctrl-C to both processes, and twice means "at once": pass on only what came to this one alone.
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => fail(`flyball could not start ${node}: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (!signal) {
      process.exitCode = code === null ? 1 : code;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

if (recent && !fromSource) {
  import(new URL("../dist/main.js", import.meta.url).href).catch((error) =>
    fail(`flyball could not start: ${error.stack}`),
  );
} else {
  const node = recent ? process.execPath : newerNode();
  if (node) runWith(node);
  else {
    fail(
      `flyball needs Node 24 or newer; this is Node ${process.versions.node}.\n` +
        "Install Node 24, or the npm package `node` beside @flyball/cli: npm install node@24",
    );
  }
}
