import { existsSync, readdirSync, statfsSync, statSync } from "node:fs";
import { connect } from "node:net";
import { basename, dirname } from "node:path";
import { silentLogger, toError } from "@flyball/core";
import {
  type DescribedSetting,
  describeConfiguration,
  type Flyball,
  loadConfiguration,
  start,
  storePath,
} from "@flyball/sdk";
import { hasHostProvider } from "@flyball/telemetry";
import { reasonsOf } from "./report-error.ts";

/** What was found about one part. */
interface Finding {
  readonly name: string;
  /** `warning`: it works, with something to know. */
  readonly status: "ok" | "warning" | "broken";
  readonly detail: string;
}

export interface Examination {
  readonly findings: readonly Finding[];
  /** The effective configuration, secrets masked. Empty when it was refused. */
  readonly settings: readonly DescribedSetting[];
}

/** Looks at everything that Flyball stands on, by starting it as a service would. */
export async function examine(configFile: string | undefined): Promise<Examination> {
  const node = examineNode();
  let loaded: Awaited<ReturnType<typeof loadConfiguration>>;
  try {
    loaded = await loadConfiguration({ file: configFile });
  } catch (error) {
    const refused = reasonsOf(error).map((detail): Finding => ({ name: "configuration", status: "broken", detail }));
    return { findings: [node, ...refused], settings: [] };
  }
  const { configuration } = loaded;
  const path = storePath(configuration);
  const findings: Finding[] = [node, { name: "configuration", status: "ok", detail: describeFile(loaded.sources) }];
  try {
    await using flyball = await start({ configFile, listen: false, logger: silentLogger });
    findings.push(...(await examineParts(flyball)));
  } catch (error) {
    findings.push({ name: "start", status: "broken", detail: toError(error).message });
  }
  findings.push(
    ...examineFolder(path),
    await examineLlama(),
    await examineSpans(configuration.telemetry.otlp.endpoint),
  );
  return { findings, settings: describeConfiguration(loaded) };
}

function examineNode(): Finding {
  const major = Number(process.versions.node.split(".")[0]);
  return {
    name: "node",
    status: major >= 24 ? "ok" : "broken",
    detail: `${process.versions.node} at ${process.execPath}`,
  };
}

function describeFile(sources: ReadonlyMap<string, string>): string {
  const file = [...sources.values()].find((source) => source.startsWith("file "));
  const set = [...sources.values()].filter((source) => source !== "default").length;
  return `${set} settings set${file ? `, ${file}` : ", no file"}`;
}

async function examineParts(flyball: Flyball): Promise<Finding[]> {
  const { parts } = await flyball.health();
  return Object.entries(parts).map(([name, { healthy, reason, facts = {} }]) => {
    const known = Object.entries(facts).map(([fact, value]) => `${fact} ${value}`);
    const detail = [reason, ...known].filter(Boolean).join(", ");
    return { name, status: healthy ? "ok" : "broken", detail };
  });
}

const tightBytes = 1e9;
const fullBytes = 50e6;

function examineFolder(path: string): Finding[] {
  if (path === ":memory:")
    return [{ name: "disk", status: "ok", detail: "nothing is written: the store is in memory" }];
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const size = existsSync(path) ? statSync(path).size : 0;
  const status = free < fullBytes ? "broken" : free < tightBytes ? "warning" : "ok";
  const damaged = readdirSync(folder).filter(
    (name) => name.startsWith(`${basename(path)}.corrupt-`) && !/-(wal|shm)$/.test(name),
  );
  const disk: Finding = { name: "disk", status, detail: `${megabytes(free)} free, the store takes ${megabytes(size)}` };
  const aside = damaged.map(
    (name): Finding => ({
      name: "set aside",
      status: "warning",
      detail: `${name}: a damaged store; delete it when nobody wants to recover it`,
    }),
  );
  return [disk, ...aside];
}

const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString("en-US", { maximumFractionDigits: 1 })} MB`;

/** Loads the model that ships: the native library and a GGUF file in one. */
async function examineLlama(): Promise<Finding> {
  const name = "node-llama-cpp";
  const { createLlamaProvider, tinyModelPath } = await import("@flyball/models");
  const provider = createLlamaProvider({ models: { tiny: tinyModelPath } });
  try {
    await provider.load("tiny");
    return { name, status: "ok", detail: `loads ${basename(tinyModelPath)}` };
  } catch (error) {
    return { name, status: "warning", detail: `GGUF files cannot run here: ${toError(error).message}` };
  } finally {
    await provider.close();
  }
}

async function examineSpans(endpoint: string | undefined): Promise<Finding> {
  const name = "opentelemetry";
  if (hasHostProvider()) return { name, status: "ok", detail: "spans go to the provider that this process has" };
  if (endpoint === undefined) return { name, status: "ok", detail: "no exporter is set; traces are kept in the store" };
  const { hostname, port, protocol, host } = new URL(endpoint);
  const open = await reachable(hostname, Number(port || (protocol === "https:" ? 443 : 80)));
  return open
    ? { name, status: "ok", detail: `${host} answers` }
    : { name, status: "broken", detail: `nothing answers at ${host}; spans would be lost` };
}

function reachable(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const end = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
