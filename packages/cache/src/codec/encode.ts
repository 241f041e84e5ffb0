import { promisify } from "node:util";
import { DefaultSerializer } from "node:v8";
import { deflateRaw } from "node:zlib";
import { toError } from "@flyball/core";
import { UnstorableValueError } from "../errors.ts";
import { fingerprint } from "../fingerprint.ts";
import { type Inspection, inspectValue } from "../inspect-value.ts";
import type { Entry, EntryRecord, MaybePromise } from "../types.ts";
import { compressed, envelopeHead, format } from "./envelope.ts";

const compress = promisify(deflateRaw);

/**
 * Values up to this many bytes on the heap are written as JSON, which is as fast there, smaller, and readable in
 * redis-cli; beyond it `node:v8` takes a third of the time.
 */
const largestJson = 4_096;

/** Payloads from this many bytes on are compressed. Below, compressing takes longer than sending what it saves. */
export const compressFrom = 131_072;

/** Makes the record of an entry; its bytes are made when the first level asks for them. */
export function createRecord(entry: Entry, inspection: Inspection = inspectValue(entry.value)): EntryRecord {
  let bytes: MaybePromise<Uint8Array> | undefined;
  return {
    entry,
    inspection,
    bytes(key) {
      bytes ??= encodeEntry(entry, inspection, fingerprint(key));
      return bytes;
    },
  };
}

function encodeEntry(entry: Entry, inspection: Inspection, key: number): MaybePromise<Uint8Array> {
  const form = formatOf(entry.value, inspection);
  const head = envelopeHead(entry, form, key);
  const sealed = writeValue(head, form, entry.value);
  if (sealed.length - head.length < compressFrom) return sealed;
  return compressPayload(sealed, head.length, () => envelopeHead(entry, form | compressed, key));
}

function formatOf(value: unknown, { jsonSafe, unstorable, heapBytes }: Inspection): number {
  if (unstorable !== undefined) throw new UnstorableValueError(unstorable);
  // UTF-8 has no half of a surrogate pair and would replace it.
  if (typeof value === "string" && value.isWellFormed()) return format.text;
  if (Buffer.isBuffer(value)) return format.bytes;
  return jsonSafe && heapBytes <= largestJson ? format.json : format.v8;
}

function writeValue(head: Buffer, form: number, value: unknown): Buffer {
  if (form === format.v8) return serialize(head, value);
  if (form === format.bytes) return Buffer.concat([head, value as Buffer]);
  const text = form === format.text ? (value as string) : JSON.stringify(value);
  const sealed = Buffer.allocUnsafe(head.length + Buffer.byteLength(text));
  sealed.set(head);
  sealed.write(text, head.length);
  return sealed;
}

/** As `v8.serialize` does it, behind the head: putting the two together afterwards would copy the value once more. */
function serialize(head: Buffer, value: unknown): Buffer {
  try {
    const serializer = new DefaultSerializer();
    serializer.writeRawBytes(head);
    serializer.writeHeader();
    serializer.writeValue(value);
    return serializer.releaseBuffer();
  } catch (error) {
    throw new UnstorableValueError(`what cannot be copied (${toError(error).message})`, error);
  }
}

/** In the thread pool: a megabyte takes milliseconds. */
async function compressPayload(sealed: Buffer, start: number, head: () => Buffer): Promise<Uint8Array> {
  const plain = sealed.subarray(start);
  const packed = await compress(plain, { level: 1 });
  if (packed.length >= plain.length) return sealed;
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(plain.length);
  return Buffer.concat([head(), length, packed]);
}
