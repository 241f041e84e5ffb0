import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { available, findExecutable } from "./services/executable.ts";
import { startPrometheus } from "./services/prometheus.ts";

const root = resolve(import.meta.dirname, "..");
const scripts = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> })
  .scripts;

/** Runs what a script of package.json says, as npm would, without npm's own start-up time. */
function script(name: string, home: string, ...more: string[]): ChildProcess {
  const [command, ...words] = (scripts[name] as string).split(" ");
  expect(command).toBe("node");
  const environment = { ...process.env, FLYBALL_HOME: home, npm_lifecycle_event: name, NO_COLOR: "1" };
  return spawn(process.execPath, [...words, ...more], {
    cwd: root,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function ended(child: ChildProcess): Promise<{ status: number | null; out: string; err: string }> {
  let out = "";
  let err = "";
  child.stdout?.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    err += chunk;
  });
  return new Promise((settle) => child.once("close", (status) => settle({ status, out, err })));
}

describe("the README's main job on the model that ships", { timeout: 120_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), "flyball-e2e-"));
  const reports = join(home, "reports");
  let main: Awaited<ReturnType<typeof ended>>;

  beforeAll(async () => {
    main = await ended(script("start", home, "--once", "--limit", "3", "--port", "0", "--set", `out=${reports}`));
  }, 120_000);
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  test("ends with the documents, the table of steps and status 0", () => {
    expect(main.status, main.err).toBe(0);
    expect(main.out).toContain("fir: 3 of 3 runs completed");
    for (const step of ["process", "summary", "retrieval", "checks", "narrative", "document"]) {
      expect(main.out).toMatch(new RegExp(`^${step} +3 `, "m"));
    }
    const written = readdirSync(reports);
    expect(written.filter((name) => name.endsWith(".md"))).toHaveLength(3);
    expect(written.filter((name) => name.endsWith(".html"))).toHaveLength(3);
    for (const name of written.filter((file) => /\.(md|html)$/.test(file))) {
      expect(readFileSync(join(reports, name), "utf8")).toContain("First Information Report");
    }
  });

  test("prices what was computed, and scores it against the gold violations", () => {
    expect(main.out).toMatch(/^summary .*\$0\.\d+$/m);
    expect(main.out).toMatch(/violations against gold +precision +recall +F1/);
  });

  test("the trace that it names can be drawn, with every step and model call", async () => {
    const [, run = ""] = /trace (\w+-\w+)/.exec(main.out) ?? [];
    const drawn = await ended(script("flyball", home, "trace", run));
    expect(drawn.status, drawn.err).toBe(0);
    for (const step of ["fir", "summary", "model flyball-tiny", "retrieval statutes", "checks", "document"]) {
      expect(drawn.out).toContain(step);
    }
  });

  test("flyball metrics answers what was slow and what it cost", async () => {
    const asked = await ended(script("flyball", home, "metrics", "--json"));
    expect(asked.status, asked.err).toBe(0);
    const text = asked.out;
    expect(text).toContain("flyball-tiny");
    expect(text).toContain("narrative");
  });

  test("an unknown option of the pipeline is refused before anything runs, naming what was expected", async () => {
    const refused = await ended(script("start", home, "--once", "--set", "hits=many"));
    expect(refused.status).toBe(2);
    expect(refused.err).toContain("hits");
  });
});

describe.skipIf(!available("promtool") || !available("prometheus"))(
  "the running example, scraped",
  { timeout: 120_000 },
  () => {
    const home = mkdtempSync(join(tmpdir(), "flyball-e2e-"));
    let service: ChildProcess;
    let url = "";

    beforeAll(async () => {
      service = script("start", home, "--limit", "2", "--port", "0", "--set", `out=${join(home, "reports")}`);
      url = await new Promise((found, reject) => {
        let text = "";
        const look = (chunk: Buffer): void => {
          text += chunk;
          const match = /^metrics +(http:\S+)$/m.exec(text);
          if (match) found(match[1] as string);
        };
        service.stdout?.on("data", look);
        service.stderr?.on("data", look);
        service.once("exit", () => reject(new Error(text)));
      });
    }, 120_000);

    afterAll(() => {
      service.kill("SIGKILL");
      rmSync(home, { recursive: true, force: true });
    });

    test("/metrics is clean under promtool", async () => {
      const body = await (await fetch(url)).text();
      const check = spawnSync(findExecutable("promtool") as string, ["check", "metrics"], {
        input: body,
        encoding: "utf8",
      });
      expect(check.stderr + check.stdout).toBe("");
      expect(check.status).toBe(0);
    });

    test("a real Prometheus finds the series of documents, model calls, retrieval, tokens, cost and sessions", async () => {
      const prometheus = await startPrometheus({ targets: { fir: new URL(url).host } });
      try {
        const series = [
          'flyball_run_duration_seconds_count{workflow="fir",status="ok"}',
          'flyball_node_duration_seconds_count{workflow="fir",node="checks"}',
          'flyball_retrieval_duration_seconds_count{source="statutes"}',
          "flyball_cost_usd_total",
          'fir_documents_total{status="completed"}',
          "fir_document_bytes_count",
          "fir_sections_total",
          "process_resident_memory_bytes",
        ];
        for (const expression of series) {
          await prometheus.waitFor(expression, (samples) => samples.some((sample) => sample.value > 0));
        }
        await prometheus.waitFor("flyball_runs_active", (samples) => samples.every((sample) => sample.value === 0));
        const models = await prometheus.waitFor(
          '{__name__=~"gen_ai_client_operation_duration.*_count"}',
          (all) => all.length > 0,
        );
        expect(models.some(({ labels }) => labels.gen_ai_request_model === "flyball-tiny")).toBe(true);
      } finally {
        await prometheus.stop();
      }
    });

    test("/health says which parts work, and Ctrl-C ends the service with its usual status", async () => {
      const health = await fetch(url.replace("/metrics", "/health"));
      expect(health.status).toBe(200);
      expect(JSON.stringify(await health.json())).toContain("llama.cpp");
      const status = new Promise((settle) => service.once("exit", settle));
      service.kill("SIGINT");
      expect([0, 130]).toContain(await status);
    });
  },
);
