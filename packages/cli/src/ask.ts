import { createInterface, type Interface } from "node:readline";

/** Asks one line of the person at the terminal. Rejects when there will be no answer. */
export type Ask = (question: string) => Promise<string>;

/**
 * Asks on standard error and reads standard input, which may be a pipe: one reader for all questions, since a reader of
 * its own for each would swallow the lines meant for the next.
 */
export function askOnTerminal(signal: AbortSignal): Ask {
  let lines: Interface | undefined;
  const early: string[] = [];
  let waiting: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;
  let ended: Error | undefined;

  function listen(): Interface {
    const reader = createInterface({ input: process.stdin });
    const end = (reason: string): void => {
      ended ??= new Error(reason);
      waiting?.reject(ended);
      waiting = undefined;
    };
    reader.on("line", (line) => {
      if (waiting) waiting.resolve(line);
      else early.push(line);
      waiting = undefined;
    });
    reader.on("close", () => end("standard input ended before the answer"));
    signal.addEventListener("abort", () => {
      end("interrupted");
      reader.close();
    });
    return reader;
  }

  return (question) => {
    lines ??= listen();
    process.stderr.write(question);
    const line = early.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (ended) return Promise.reject(ended);
    lines.resume();
    return new Promise<string>((resolve, reject) => {
      waiting = { resolve, reject };
    }).finally(() => lines?.pause());
  };
}
