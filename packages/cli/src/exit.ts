/** How a command ends. Documented in the README; scripts may rely on them. */
export const exitCode = {
  ok: 0,
  /** The work was done and something in it failed. */
  failure: 1,
  /** The command line or the configuration is wrong; nothing was done. */
  usage: 2,
  /** The run waits for an approval. */
  suspended: 3,
  /** Ctrl-C: 128 and the number of SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
