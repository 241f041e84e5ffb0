import { crc32 } from "node:zlib";
import type { Entry } from "../types.ts";

/*
 * An entry in bytes, little-endian:
 *
 *    0  magic          8  createdAt     40  usd, NaN when unknown
 *    1  version       16  expiresAt     48  bytes of the payload before compression, u32
 *    2  format        24  staleUntil    52  number of epochs, u32
 *    3  compressed    32  computeMs     56  bytes of the tags as JSON, u32
 *    4  crc32 of all that follows       60  epochs (8 bytes each), tags, payload
 *
 * The checksum is there because SQLite gives out a damaged page's bytes as if nothing were wrong with them.
 */
const magic = 0xf1;
const version = 1;
const fixed = 60;
const checked = 8;

/** How the payload is written. The numbers are stored: append, never change. */
export const format = { json: 0, v8: 1, text: 2, bytes: 3 } as const;

export interface Payload {
  readonly format: number;
  readonly compressed: boolean;
  readonly bytes: Uint8Array;
  /** Bytes before compression. */
  readonly plainBytes: number;
}

/** What an envelope says, its payload still packed. */
export interface Opened {
  readonly about: Omit<Entry, "value">;
  readonly payload: Payload;
}

export function sealEnvelope(entry: Entry, payload: Payload): Buffer {
  const tags = entry.tags.length > 0 ? JSON.stringify(entry.tags) : "";
  const tagBytes = Buffer.byteLength(tags);
  const start = fixed + 8 * entry.epochs.length + tagBytes;
  const sealed = Buffer.allocUnsafe(start + payload.bytes.byteLength);
  sealed[0] = magic;
  sealed[1] = version;
  sealed[2] = payload.format;
  sealed[3] = payload.compressed ? 1 : 0;
  sealed.writeDoubleLE(entry.createdAt, 8);
  sealed.writeDoubleLE(entry.expiresAt, 16);
  sealed.writeDoubleLE(entry.staleUntil, 24);
  sealed.writeDoubleLE(entry.computeMs, 32);
  sealed.writeDoubleLE(entry.usd ?? Number.NaN, 40);
  sealed.writeUInt32LE(payload.plainBytes, 48);
  sealed.writeUInt32LE(entry.epochs.length, 52);
  sealed.writeUInt32LE(tagBytes, 56);
  for (const [index, epoch] of entry.epochs.entries()) sealed.writeDoubleLE(epoch, fixed + 8 * index);
  if (tagBytes > 0) sealed.write(tags, start - tagBytes);
  sealed.set(payload.bytes, start);
  sealed.writeUInt32LE(crc32(sealed.subarray(checked)), 4);
  return sealed;
}

/** Undefined when the bytes are no envelope, one of another version, or damaged. */
export function openEnvelope(sealed: Buffer): Opened | undefined {
  if (sealed.length < fixed || sealed[0] !== magic || sealed[1] !== version) return undefined;
  if (sealed.readUInt32LE(4) !== crc32(sealed.subarray(checked))) return undefined;
  const epochCount = sealed.readUInt32LE(52);
  const tagBytes = sealed.readUInt32LE(56);
  const tagStart = fixed + 8 * epochCount;
  const start = tagStart + tagBytes;
  const epochs: number[] = [];
  for (let at = fixed; at < tagStart; at += 8) epochs.push(sealed.readDoubleLE(at));
  const usd = sealed.readDoubleLE(40);
  return {
    about: {
      createdAt: sealed.readDoubleLE(8),
      expiresAt: sealed.readDoubleLE(16),
      staleUntil: sealed.readDoubleLE(24),
      computeMs: sealed.readDoubleLE(32),
      usd: Number.isNaN(usd) ? undefined : usd,
      tags: tagBytes > 0 ? (JSON.parse(sealed.toString("utf8", tagStart, start)) as string[]) : [],
      epochs,
    },
    payload: {
      format: sealed[2] as number,
      compressed: sealed[3] === 1,
      bytes: sealed.subarray(start),
      plainBytes: sealed.readUInt32LE(48),
    },
  };
}
