import type { Group, Sums } from "../history/history.ts";
import type { Need } from "../history/need.ts";
import type { Rule } from "../rule.ts";
import type { Verdict } from "../verdict.ts";

/** A rule that knows what it has to read. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly needs: readonly Need[];
  /** What the rule says of one group at the end of a closed minute. A function of its arguments. */
  judge(sums: Sums, group: Group, atMs: number): Verdict;
}
