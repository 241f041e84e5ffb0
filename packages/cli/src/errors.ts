import { FlyballError } from "@flyball/core";

/** The command line asks for something that cannot be: exit status 2. */
export class UsageError extends FlyballError {
  constructor(message: string, subject: string, cause?: unknown) {
    super("usage", message, { subject, ...(cause === undefined ? {} : { cause }) });
  }
}
