import { createRequire } from "node:module";
import type { Logger } from "@flyball/core";
import type { Logger as Pino } from "pino";
import type { Configuration } from "./config/configuration.ts";
import { settings } from "./config/settings.ts";
import { valueAt } from "./config/value-at.ts";

/** Logs JSON lines on stderr through pino, which is loaded with the first line that is worth writing. */
export function createLogger(configuration: Configuration): Logger {
  const { level } = configuration.log;
  let pino: Pino | undefined;
  const load = (): Pino => {
    const { pino: create } = createRequire(import.meta.url)("pino") as typeof import("pino");
    const clean = cleaner(configuration);
    return create({ level, name: "flyball" }, { write: (line) => void process.stderr.write(clean(line)) });
  };
  const at =
    (name: "debug" | "info" | "warn" | "error") =>
    (fields: object, message: string): void => {
      if (severity[name] < severity[level]) return;
      pino ??= load();
      pino[name](fields, message);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

const severity = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 } as const;

/** Removes the configured secrets and the credentials of any URL from a line, wherever an error quotes them. */
function cleaner(configuration: Configuration): (line: string) => string {
  const secrets = [...settings().values()]
    .filter((setting) => setting.secret)
    .flatMap((setting) => texts(valueAt(configuration, setting.path)))
    .filter((secret) => secret.length >= 4);
  return (line) => {
    let clean = line.replace(/(\w+:\/\/)[^/\s@"]+@/g, "$1***@");
    for (const secret of secrets) clean = clean.replaceAll(secret, "***");
    return clean;
  };
}

function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}
