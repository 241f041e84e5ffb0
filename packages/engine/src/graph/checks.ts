import { describe } from "@flyball/core";
import { WorkflowError } from "../errors.ts";
import type { ValueSchema } from "../types.ts";

export type Fn = (...args: unknown[]) => unknown;

/** Checks single values of one workflow's declaration. A refusal names what was checked, what came and what was expected. */
export class Checks {
  readonly #workflow: string;

  constructor(workflow: string) {
    this.#workflow = workflow;
  }

  fn(what: string, value: unknown): Fn {
    if (typeof value === "function") return value as Fn;
    return this.refuse(what, value, "a function");
  }

  schema(what: string, schema: unknown): ValueSchema<unknown> | undefined {
    if (schema === undefined) return undefined;
    if (typeof (schema as { parse?: unknown } | null)?.parse !== "function") {
      this.refuse(what, schema, "a schema with a parse method");
    }
    return schema as ValueSchema<unknown>;
  }

  positiveInteger(what: string, value: unknown): void {
    if (!Number.isInteger(value) || (value as number) < 1) this.refuse(what, value, "a positive integer");
  }

  /** Names become paths, fields of the state and labels. */
  name(name: unknown, what: string): asserts name is string {
    if (typeof name !== "string" || !/^[^/[\]#]+$/.test(name)) {
      this.refuse(what, name, "a text without / [ ] #, at least one character");
    }
    if (name === "input" || name === "__proto__")
      throw new WorkflowError(this.#workflow, `the name ${name} is reserved`);
  }

  refuse(what: string, received: unknown, expected: string): never {
    throw new WorkflowError(this.#workflow, `${what}: expected ${expected}, received ${describe(received)}`);
  }

  error(problem: string): WorkflowError {
    return new WorkflowError(this.#workflow, problem);
  }
}
