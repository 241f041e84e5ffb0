import { plainText } from "./text.ts";
import type { Channel } from "./types.ts";

export interface ConsoleChannelOptions {
  /** Default `console`. */
  readonly name?: string;
  /** Takes a line or several. Default: standard error, so that output that is piped on stays clean. */
  readonly write?: (text: string) => void;
}

/** Writes notices where the process writes. Needs nothing, so it is the channel of a first start. */
export function consoleChannel(options: ConsoleChannelOptions = {}): Channel {
  const { name = "console", write = (text) => void process.stderr.write(text) } = options;
  return {
    name,
    async send(notice) {
      write(`${plainText(notice)}\n\n`);
    },
  };
}
