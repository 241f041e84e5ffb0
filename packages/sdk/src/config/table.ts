import { expectedOf } from "./expected.ts";
import { loadConfiguration } from "./load.ts";
import { printable } from "./mask.ts";
import { type Setting, settings } from "./settings.ts";
import { valueAt } from "./value-at.ts";

const head = [
  "# Configuration",
  "",
  "Each setting may be given in code (`start({ http: { port: 9464 } })`), in the environment, or in `flyball.yaml`,",
  "`flyball.yml` or `flyball.json` in the working directory (or the file that `configFile` or `--config` names). Code",
  "beats the environment, the environment beats the file, the file beats the defaults. A key that does not exist is an",
  "error that names the nearest one. `flyball doctor` prints what is in effect and what set it.",
  "",
  "Where several variables set the same thing, the first one wins. Those in lower case are understood in upper case too,",
  "and an empty variable counts as not set.",
  "",
  "This page is generated from the schema in `packages/sdk/src/config/configuration.ts`:",
  "`npx vitest run packages/sdk/test/config/table.test.ts -u` writes it again.",
  "",
];

/** `docs/configuration.md`, from the schema: every setting with what it accepts, its default and its variables. */
export async function configurationTable(): Promise<string> {
  const { configuration } = await loadConfiguration({ environment: {}, folder: "/nonexistent" });
  const rows = [...settings().values()].map((setting) => row(setting, valueAt(configuration, setting.path)));
  return [...head, "| setting | accepts | default | variables | |", "|---|---|---|---|---|", ...rows, ""].join("\n");
}

function row(setting: Setting, value: unknown): string {
  const shown = value === undefined ? "" : `\`${JSON.stringify(printable(setting.path, value))}\``;
  const variables = setting.variables.map(({ name, times }) => `\`${name}\`${times === 1000 ? " (seconds)" : ""}`);
  const secret = setting.secret ? " Secret: never printed." : "";
  return `| \`${setting.path}\` | ${expectedOf(setting.schema)} | ${shown} | ${variables.join(", ")} | ${setting.description}${secret} |`;
}
