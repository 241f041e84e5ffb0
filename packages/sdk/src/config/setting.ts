import { z } from "zod";

/** An environment variable that people already have, beside the `FLYBALL_…` one that every setting has. */
export interface KnownVariable {
  readonly name: string;
  /** The variable's unit in the setting's unit: 1000 where the variable is in seconds and the setting in ms. */
  readonly times?: number;
}

/** What is known of a setting beyond its type. */
export interface SettingFacts {
  readonly description: string;
  /** What is accepted, in words, where the schema cannot say it itself. */
  readonly expected?: string;
  /** Never printed, logged or put on a span. */
  readonly secret?: boolean;
  /** It is a file or folder: in a configuration file a relative one starts from that file's folder. */
  readonly isPath?: boolean;
  readonly variables?: readonly KnownVariable[];
}

const facts: z.core.$ZodRegistry<SettingFacts & Record<string, unknown>> = z.registry();

/** Attaches facts to a setting's schema; the schema itself is returned. */
export function setting<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  more: Omit<SettingFacts, "description"> = {},
): Schema {
  facts.add(schema, { description, ...more });
  return schema;
}

/** The facts of a schema, if it is a setting. */
export function factsOf(schema: z.core.$ZodType): SettingFacts | undefined {
  return facts.get(schema);
}
