import { promisify } from "node:util";
import { serialize } from "node:v8";
import { deflateRaw } from "node:zlib";
import { toError } from "@flyball/core";
import { UnstorableValueError } from "../errors.ts";
import { type Inspection, inspectValue } from "../inspect-value.ts";
import type { Entry, EntryRecord, MaybePromise } from "../types.ts";
import { format, type Payload, sealEnvelope } from "./envelope.ts";

const compress = promisify(deflateRaw);

/**
 * Values up to this many bytes on the heap are written as JSON, which is as fast there, smaller, and readable in
 * redis-cli; beyond it `node:v8` takes a fifth of the time.
 */
const largestJson = 4_096;

/** Compression saves bytes on the wire and time to parse nothing: below this it costs more than the wire does. */
export const compressFrom = 32_768;

/** Makes the record of an entry; its bytes are made when the first level asks for them. */
export function createRecord(entry: Entry, inspection: Inspection = inspectValue(entry.value)): EntryRecord {
  let bytes: MaybePromise<Uint8Array> | undefined;
  return {
    entry,
    inspection,
    bytes() {
      bytes ??= encodeEntry(entry, inspection);
      return bytes;
    },
  };
}

function encodeEntry(entry: Entry, inspection: Inspection): MaybePromise<Uint8Array> {
  const payload = encodeValue(entry.value, inspection);
  if (payload.plainBytes < compressFrom) return sealEnvelope(entry, payload);
  // In the thread pool: a megabyte takes milliseconds.
  return compress(payload.bytes, { level: 1 }).then((packed) =>
    sealEnvelope(
      entry,
      packed.length < payload.bytes.length ? { ...payload, bytes: packed, compressed: true } : payload,
    ),
  );
}

function encodeValue(value: unknown, { jsonSafe, unstorable, heapBytes }: Inspection): Payload {
  // UTF-8 has no half of a surrogate pair and would replace it.
  if (typeof value === "string" && value.isWellFormed()) return plain(format.text, Buffer.from(value));
  if (Buffer.isBuffer(value)) return plain(format.bytes, value);
  if (unstorable !== undefined) throw new UnstorableValueError(unstorable);
  if (jsonSafe && heapBytes <= largestJson) return plain(format.json, Buffer.from(JSON.stringify(value)));
  try {
    return plain(format.v8, serialize(value));
  } catch (error) {
    throw new UnstorableValueError(`what cannot be copied (${toError(error).message})`, error);
  }
}

function plain(form: number, bytes: Uint8Array): Payload {
  return { format: form, compressed: false, bytes, plainBytes: bytes.byteLength };
}
