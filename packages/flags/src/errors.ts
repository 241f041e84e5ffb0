import { FlyballError, type FlyballErrorOptions } from "@flyball/core";

/** Base of what flags throw. Deciding never throws; changing rules does. */
export class FlagsError extends FlyballError {}

/** A change was not made. The rules in force are as they were. */
export class FlagChangeError extends FlagsError {
  constructor(flag: string, why: string, options: FlyballErrorOptions = {}) {
    super("flag_change_failed", `Flag "${flag}" was not changed: ${why}`, { subject: flag, ...options });
  }
}

/** The Unleash server refused, or did not answer in time. */
export class UnleashServerError extends FlagsError {
  readonly status: number | undefined;

  constructor(what: string, status: number | undefined, options: FlyballErrorOptions = {}) {
    const answer = status === undefined ? "gave no answer" : `answered ${status}`;
    super("unleash_unavailable", `${what}: the Unleash server ${answer}`, options);
    this.status = status;
  }
}
