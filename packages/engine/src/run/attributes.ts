/** Names of what the engine adds to operations: span-only facts, never labels. */
export const attribute = {
  /** Where the node stands in the run: `checks[3]/review`. */
  path: "flyball.node.path",
  /** Which branch a route took. */
  branch: "flyball.node.branch",
  /** Turns of a refinement loop, and the score of its result. */
  iterations: "flyball.refine.iterations",
  score: "flyball.refine.score",
  /** How long an approval waited for its answer, milliseconds. */
  waitedMs: "flyball.approval.waited_ms",
} as const;
