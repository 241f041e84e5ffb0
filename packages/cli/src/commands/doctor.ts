import { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { type ExitCode, exitCode } from "../exit.ts";
import { configOption, jsonOption } from "../options.ts";
import type { Terminal } from "../terminal.ts";

interface DoctorFlags {
  readonly config?: string;
  readonly json?: boolean;
}

/** `flyball doctor`: what works here, what does not, and what is configured by whom. */
export function doctorCommand({ terminal, finish }: CommandContext): Command {
  return new Command("doctor")
    .description("check Node, store, Redis, the model library, disk and configuration; status 1 if something is broken")
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (flags: DoctorFlags) => finish(await doctor(flags, terminal)));
}

async function doctor(flags: DoctorFlags, terminal: Terminal): Promise<ExitCode> {
  const { examine } = await import("../examine.ts");
  const { findings, settings } = await examine(flags.config);
  const broken = findings.some((finding) => finding.status === "broken");
  if (flags.json) terminal.json({ healthy: !broken, findings, settings });
  else {
    const { table } = await import("../format/table.ts");
    const marks = {
      ok: terminal.style("green", "ok"),
      warning: terminal.style("yellow", "!!"),
      broken: terminal.style("red", "XX"),
    };
    const rows = findings.map(({ name, status, detail }) => [marks[status], name, detail]);
    terminal.out(table([{ heading: "" }, { heading: "part" }, { heading: "" }], rows));
    if (settings.length > 0) {
      const lines = settings.map(({ path, value, source }) => [
        path,
        value === undefined ? "" : JSON.stringify(value),
        source,
      ]);
      terminal.out(`\n${table([{ heading: "setting" }, { heading: "value" }, { heading: "set by" }], lines)}`);
    }
  }
  return broken ? exitCode.failure : exitCode.ok;
}
