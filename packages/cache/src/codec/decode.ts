import { promisify } from "node:util";
import { deserialize } from "node:v8";
import { inflateRaw } from "node:zlib";
import { fingerprint } from "../fingerprint.ts";
import type { Entry, MaybePromise } from "../types.ts";
import { compressed, format, type Opened, openEnvelope } from "./envelope.ts";

const expand = promisify(inflateRaw);

/** What was found belongs to another key. */
export const anotherKey: unique symbol = Symbol("another key");

/**
 * The entry that was written under the key. Undefined when the bytes are damaged, of another version, or written by a newer Node: a miss, never an error, since
 * old and new processes share a Redis during every rollout.
 */
export function decodeEntry(sealed: Buffer, key: string): MaybePromise<Entry | typeof anotherKey | undefined> {
  try {
    const opened = openEnvelope(sealed);
    if (!opened) return undefined;
    if (opened.key !== fingerprint(key)) return anotherKey;
    if ((opened.format & compressed) !== 0) return decodeCompressed(opened);
    return withValue(opened.about, decodeValue(opened.format, opened.payload));
  } catch {
    return undefined;
  }
}

async function decodeCompressed({ about, format: form, payload }: Opened): Promise<Entry | undefined> {
  try {
    const length = payload.readUInt32LE();
    // The length was written beside it, so what expands without end cannot fill the memory.
    const bytes = await expand(payload.subarray(4), { maxOutputLength: Math.max(1, length) });
    return bytes.length === length ? withValue(about, decodeValue(form & ~compressed, bytes)) : undefined;
  } catch {
    return undefined;
  }
}

function decodeValue(form: number, bytes: Buffer): unknown {
  switch (form) {
    case format.text:
      return bytes.toString();
    case format.bytes:
      return owned(bytes);
    case format.json:
      return JSON.parse(bytes.toString());
    case format.v8:
      return deserialize(owned(bytes));
    default:
      throw new RangeError(`unknown format ${form}`);
  }
}

/** Buffers inside a value are views of what they were read from; a copy lets go of the socket's whole chunk. */
function owned(bytes: Buffer): Buffer {
  return bytes.buffer.byteLength > 2 * bytes.byteLength ? Buffer.from(bytes) : bytes;
}

// Field by field: spreading takes as long as reading the envelope does.
function withValue(about: Opened["about"], value: unknown): Entry {
  const { createdAt, expiresAt, staleUntil, computeMs, usd, tags, epochs } = about;
  return { value, createdAt, expiresAt, staleUntil, computeMs, usd, tags, epochs };
}
