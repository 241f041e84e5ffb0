import { z } from "zod";
import { factsOf } from "./setting.ts";

/** What a schema accepts, in words for an error or a table: `whole number from 0 to 65535`. */
export function expectedOf(schema: z.core.$ZodType): string {
  const stated = factsOf(schema)?.expected;
  if (stated) return stated;
  const shape = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  if (shape.enum) return `one of ${shape.enum.join(", ")}`;
  switch (shape.type) {
    case "boolean":
      return "true or false";
    case "integer":
      return `whole number${range(shape)}`;
    case "number":
      return `number${range(shape)}`;
    case "object":
      return "names with text values";
    case "string":
      return "text";
    default:
      return String(shape.type ?? "another value");
  }
}

function range(shape: z.core.JSONSchema.BaseSchema): string {
  const low = shape.minimum;
  const high = shape.maximum === Number.MAX_SAFE_INTEGER ? undefined : shape.maximum;
  if (low !== undefined && low > Number.MIN_SAFE_INTEGER) {
    return high === undefined ? ` from ${low} up` : ` from ${low} to ${high}`;
  }
  return high === undefined ? "" : ` up to ${high}`;
}
