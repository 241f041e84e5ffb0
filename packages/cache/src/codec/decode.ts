import { promisify } from "node:util";
import { deserialize } from "node:v8";
import { inflateRaw } from "node:zlib";
import type { Entry, MaybePromise } from "../types.ts";
import { format, openEnvelope, type Payload } from "./envelope.ts";

const expand = promisify(inflateRaw);

/**
 * Undefined when the bytes are damaged, of another version, or written by a newer Node: a miss, never an error, since
 * old and new processes share a Redis during every rollout.
 */
export function decodeEntry(sealed: Buffer): MaybePromise<Entry | undefined> {
  try {
    const opened = openEnvelope(sealed);
    if (!opened) return undefined;
    const { about, payload } = opened;
    if (!payload.compressed) return { ...about, value: decodeValue(payload.format, owned(payload.bytes)) };
    return decodeCompressed(about, payload);
  } catch {
    return undefined;
  }
}

async function decodeCompressed(about: Omit<Entry, "value">, payload: Payload): Promise<Entry | undefined> {
  try {
    // The length was written beside it, so a forged one cannot fill the memory.
    const bytes = await expand(payload.bytes, { maxOutputLength: payload.plainBytes });
    return bytes.length === payload.plainBytes ? { ...about, value: decodeValue(payload.format, bytes) } : undefined;
  } catch {
    return undefined;
  }
}

function decodeValue(form: number, bytes: Buffer): unknown {
  switch (form) {
    case format.text:
      return bytes.toString();
    case format.bytes:
      return bytes;
    case format.json:
      return JSON.parse(bytes.toString());
    case format.v8:
      return deserialize(bytes);
    default:
      throw new RangeError(`unknown format ${form}`);
  }
}

/** Buffers inside a value are views of what they were read from; a copy lets go of the socket's whole chunk. */
function owned(bytes: Uint8Array): Buffer {
  if (bytes.buffer.byteLength > 2 * bytes.byteLength) return Buffer.from(bytes);
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}
