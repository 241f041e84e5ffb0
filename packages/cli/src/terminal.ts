import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Where a command speaks: results to `out`, everything about the work to `err`. */
export interface Terminal {
  /** Prints one line of the command's result. */
  out(line: string): void;
  /** Prints one line for the person who watches; never part of a result that is piped on. */
  err(line: string): void;
  /** Prints a result as JSON, indented for people on a terminal and on one line elsewhere. */
  json(value: unknown): void;
  /** Colours text where the terminal shows colours: not when piped, and not with NO_COLOR set. */
  style(style: Style, text: string): string;
  /** A person sits there: lines may be redrawn and questions asked. */
  readonly interactive: boolean;
  /** Columns to draw in. */
  readonly width: number;
}

/** The process's own terminal. */
export function processTerminal(): Terminal {
  const { stdout, stderr, stdin } = process;
  // `flyball metrics | head` closes the pipe early: nobody reads on, and that is no failure of the command.
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  return {
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    json: (value) => void stdout.write(`${JSON.stringify(value, undefined, stdout.isTTY ? 2 : undefined)}\n`),
    // styleText itself looks at NO_COLOR, FORCE_COLOR and whether the stream is a terminal.
    style: (style, text) => styleText(style, text, { stream: stdout }),
    interactive: Boolean(stdout.isTTY && stdin.isTTY),
    get width() {
      // 0 is what some terminals that know no size say.
      return Math.min(stdout.columns || 100, 160);
    },
  };
}
