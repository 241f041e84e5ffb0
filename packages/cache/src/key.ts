import { hash } from "node:crypto";
import { CacheKeyError } from "./errors.ts";

/** Keys beyond this many characters are hashed in memory, too: a prompt as a key would be kept in full otherwise. */
const longestPlainKey = 256;

/** What separates the parts of a key in memory; no part may begin with it. */
export const separator = "\u0000";

/** Whose keys they are: the cache, a namespace in it, a tenant in that. */
export interface KeyScope {
  readonly namespace: string;
  readonly tenant: string;
}

/**
 * Before every key in memory; empty for the cache itself, so that its keys need no joining. `nonce` is a secret of the
 * process: without it a key of the cache could be made to equal one of a tenant.
 */
export function memoryPrefix({ namespace, tenant }: KeyScope, nonce: string): string {
  if (namespace === "" && tenant === "") return "";
  return [separator + nonce, namespace, tenant, ""].join(separator);
}

/** The key in memory. @throws CacheKeyError when it is not a string that can be told from others. */
export function memoryKey(prefix: string, key: string): string {
  if (typeof key !== "string" || key.startsWith(separator)) {
    throw new CacheKeyError(key, "a string that does not begin with a NUL character; keyOf() makes one of any data");
  }
  return prefix + (key.length > longestPlainKey ? `${separator}${sha256(key)}` : key);
}

/** The key in Redis and on disk: readable down to the namespace, hashed below, so that no content shows. */
export function storageKey(cache: string, { namespace, tenant }: KeyScope, key: string): string {
  return `${storagePrefix(cache, namespace)}${sha256(`${tenant.length}:${tenant}${key}`)}`;
}

/** What all keys of a namespace begin with. */
export function storagePrefix(cache: string, namespace: string): string {
  return `${cache}:${namespace}:`;
}

/** @throws CacheKeyError when the name is not 1 to 128 letters, digits and the usual signs between them */
export function scopeName(name: string): string {
  if (typeof name === "string" && /^[\w.@/-]{1,128}$/.test(name)) return name;
  throw new CacheKeyError(name, "named by 1 to 128 letters, digits, _, -, ., / and @");
}

/** A tenant as others may see it. @throws CacheKeyError when it is not a string that can be told from others. */
export function tenantId(tenant: string): string {
  if (typeof tenant === "string" && tenant !== "" && !tenant.includes(separator)) return sha256(tenant);
  throw new CacheKeyError(tenant, "a tenant's id: a string that is not empty and holds no NUL character");
}

/**
 * Makes a key of whatever determines an answer: model, parameters, prompt version, query. Equal data give equal keys,
 * whatever the order of properties; 43 characters that show nothing of the data.
 * @throws CacheKeyError for functions, symbols and instances of classes, which have no stable identity.
 */
export function keyOf(...parts: readonly unknown[]): string {
  const text: string[] = [];
  write(parts, text, []);
  return sha256(text.join(""));
}

function sha256(text: string): string {
  return hash("sha256", text, "base64url");
}

/** Writes a value so that no two different values give one text: strings carry their length, all else a letter. */
function write(value: unknown, out: string[], path: object[]): void {
  switch (typeof value) {
    case "string":
      out.push(`s${value.length}:${value}`);
      return;
    case "number":
      out.push(`n${Object.is(value, -0) ? 0 : value};`);
      return;
    case "bigint":
      out.push(`i${value};`);
      return;
    case "boolean":
      out.push(value ? "t" : "f");
      return;
    case "undefined":
      out.push("u");
      return;
    case "object":
      if (value === null) out.push("0");
      else writeObject(value, out, path);
      return;
    default:
      throw new CacheKeyError(value, "made of data");
  }
}

function writeObject(value: object, out: string[], path: object[]): void {
  if (path.includes(value)) throw new CacheKeyError(undefined, "made of data without cycles");
  const inside = [...path, value];
  const all = (items: Iterable<unknown>): void => {
    for (const item of items) write(item, out, inside);
    out.push("]");
  };
  if (Array.isArray(value)) {
    out.push("[");
    all(value);
  } else if (value instanceof Date) {
    out.push(`d${value.getTime()};`);
  } else if (value instanceof Uint8Array) {
    out.push(`b${hash("sha256", value, "base64url")};`);
  } else if (value instanceof Map || value instanceof Set) {
    out.push(value instanceof Map ? "m[" : "e[");
    all(value instanceof Map ? [...value].flat() : value);
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw new CacheKeyError(value, "made of plain data");
    out.push("{");
    // A property that is undefined is one that is absent: optional parameters are written both ways.
    const record = value as Record<string, unknown>;
    all(
      Object.keys(record)
        .filter((key) => record[key] !== undefined)
        .sort()
        .flatMap((key) => [key, record[key]]),
    );
  }
}
