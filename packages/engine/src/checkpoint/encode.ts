import { serialize } from "node:v8";
import { toError } from "@flyball/core";
import { NodeValueError } from "../errors.ts";

/** Classes whose instances `node:v8` brings back as they were. Of errors: name, message, stack and cause. */
const plain: readonly { readonly prototype: unknown }[] = [
  ...[Object, Array, Date, RegExp, Map, Set, Boolean, Number, String, BigInt, Buffer, ArrayBuffer, DataView],
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError],
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
];
const plainPrototypes: ReadonlySet<unknown> = new Set([null, ...plain.map(({ prototype }) => prototype)]);

/**
 * Encodes a node's value with `node:v8`. A function, a symbol or an instance of a class would not come back as it was,
 * and a resumed run would go on with something else than the run that it continues: such a value is refused.
 * @throws NodeValueError that names the node and the field.
 */
export function encodeValue(path: string, value: unknown): Uint8Array {
  try {
    refuseWhatWouldChange(path, value);
    return serialize(value);
  } catch (error) {
    if (error instanceof NodeValueError) throw error;
    throw new NodeValueError(path, `a checkpoint cannot keep its value: ${toError(error).message}`, error);
  }
}

/**
 * Looks at everything inside, each object once, so that circular values end. A list, not a recursion: values may be
 * deep. Fields' names are put together for objects only: a vector of numbers costs no text.
 */
function refuseWhatWouldChange(path: string, root: unknown): void {
  const fields = new Map<object, string>();
  const visits: object[] = [];
  const look = (value: unknown, parent: string, key: string | number): void => {
    if (typeof value === "object" && value !== null) {
      if (fields.has(value)) return;
      fields.set(value, nameField(parent, key));
      visits.push(value);
    } else if (typeof value === "function" || typeof value === "symbol") {
      refuse(path, nameField(parent, key), `a ${typeof value}`);
    }
  };
  look(root, "", "");
  for (let value = visits.pop(); value; value = visits.pop()) {
    const field = fields.get(value)!;
    if (!plainPrototypes.has(Object.getPrototypeOf(value))) refuse(path, field, `an instance of ${className(value)}`);
    if (ArrayBuffer.isView(value)) continue;
    if (Array.isArray(value)) for (const [index, inner] of value.entries()) look(inner, field, index);
    else lookInside(path, value, field, look);
  }
}

function lookInside(
  path: string,
  value: object,
  field: string,
  look: (value: unknown, parent: string, key: string) => void,
): void {
  if (value instanceof Map) {
    for (const [key, inner] of value) {
      look(key, field, "(key)");
      look(inner, field, typeof key === "string" ? key : "(value)");
    }
  } else if (value instanceof Set) {
    for (const inner of value) look(inner, field, "(element)");
  }
  for (const [key, inner] of Object.entries(value)) {
    if (value instanceof Error) refuse(path, nameField(field, key), "a field that an Error was given");
    look(inner, field, key);
  }
}

function nameField(parent: string, key: string | number): string {
  if (typeof key === "number") return `${parent}[${key}]`;
  return parent === "" ? key : `${parent}.${key}`;
}

function className(value: object): string {
  return (value.constructor as { readonly name?: string } | undefined)?.name || "a class";
}

function refuse(path: string, field: string, what: string): never {
  const where = field === "" ? "its value" : `\`${field}\` in its value`;
  throw new NodeValueError(path, `${where} is ${what}, which a checkpoint cannot bring back; return plain data`);
}
