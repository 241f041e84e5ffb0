import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SuiteResult } from "../report.ts";

/** What one child of this suite prints. */
export interface FirFigures {
  /** CPU milliseconds of one run with nothing recorded and nothing kept. */
  readonly bareMs: number;
  /** The same with spans, metrics, windows, traces and a checkpoint after every node. */
  readonly observedMs: number;
  /** Wall milliseconds of one run on the model that ships. */
  readonly flowMs: number;
  /** 99th percentile of the event loop's delay with 50 runs at once, milliseconds. */
  readonly delayP99Ms: number;
  /** Heap that 10,000 runs left behind after garbage collection, megabytes. */
  readonly retainedMb: number;
}

/** The whole instrumentation on a real pipeline: its share of the time, the event loop, and what stays behind. */
export async function suite(): Promise<SuiteResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "flyball-bench-"));
  try {
    const { bareMs, observedMs, flowMs, delayP99Ms, retainedMb } = await measureInChild(folder);
    const addedMs = observedMs - bareMs;
    return [
      {
        suite: "fir: the whole instrumentation on a real pipeline",
        figures: [
          { name: "CPU of one run, nothing recorded", value: bareMs, unit: "ms" },
          { name: "CPU added by recording and keeping everything", value: addedMs, unit: "ms" },
          { name: "one run on the model that ships", value: flowMs, unit: "ms" },
          { name: "share of the flow's time", value: (100 * addedMs) / flowMs, unit: "%", atMost: 1 },
          { name: "event-loop delay p99, 50 runs at once", value: delayP99Ms, unit: "ms", atMost: 15 },
          { name: "heap retained after 10,000 runs", value: retainedMb, unit: "MB", atMost: 5 },
        ],
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A process of its own: the heap and the event loop of this one have other things in them. */
function measureInChild(folder: string): Promise<FirFigures> {
  const script = join(import.meta.dirname, "fir-child.ts");
  const child = spawn(process.execPath, ["--expose-gc", "--conditions=@flyball/source", script, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("close", (status) => {
      if (status === 0) resolve(JSON.parse(text) as FirFigures);
      else reject(new Error(`the measurement ended with status ${status}`));
    });
  });
}
