import type { Settled } from "@flyball/engine";
import type { Section } from "./data.ts";

/** The model answered neither yes nor no: the section counts as unchecked, not as not applying. */
export class UnreadableCheckError extends Error {
  readonly code = "check_unreadable";

  constructor(section: string, answer: string) {
    super(`the check of ${section} was answered by neither yes nor no but by ${JSON.stringify(answer.slice(0, 40))}`);
    this.name = "UnreadableCheckError";
  }
}

/** One section's check: whether the facts fall under it. */
export interface Check {
  readonly section: Section;
  readonly applies: boolean;
}

/** A check that failed or timed out, with what went wrong; the section must be looked at by hand. */
export interface FailedCheck {
  readonly section: Section;
  readonly error: { readonly type: string; readonly message: string };
}

export interface Violations {
  readonly applying: readonly Section[];
  /** How many were checked and found not to apply. */
  readonly notApplying: number;
  readonly failed: readonly FailedCheck[];
}

/** Sorts settled checks, which stand in the order of the sections that were checked. */
export function collectViolations(sections: readonly Section[], checks: readonly Settled<Check>[]): Violations {
  const applying: Section[] = [];
  const failed: FailedCheck[] = [];
  let notApplying = 0;
  for (const [index, check] of checks.entries()) {
    if (check.status === "failed") failed.push({ section: sections[index] as Section, error: check.error });
    else if (check.value.applies) applying.push(check.value.section);
    else notApplying++;
  }
  return { applying, notApplying, failed };
}
