import { describe, FlyballError } from "@flyball/core";

/** A question to windows or traces that cannot be answered: names the part, what was received and expected. */
export class QueryError extends FlyballError {
  constructor(part: string, received: unknown, expected: string) {
    super("query_invalid", `${part}: expected ${expected}, received ${describe(received)}`, { subject: part });
  }
}
