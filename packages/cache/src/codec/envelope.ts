import type { Entry } from "../types.ts";

/*
 * An entry in bytes, little-endian:
 *
 *    0  magic           8  createdAt     40  usd, NaN when unknown
 *    1  version        16  expiresAt     48  key
 *    2  format         24  staleUntil    56  epochs (8 bytes each), tags as JSON, payload
 *    3  number of epochs, u8
 *    4  bytes of the tags, u32           32  computeMs
 *
 * The key is 52 bits of a hash of the key, because replies can come to stand under the wrong one: a connection on
 * which one reply was lost gives every later question the answer to the one before it, whoever asked that.
 *
 * A compressed payload begins with the bytes that it expands to, u32.
 */
const magic = 0xf1;
const version = 1;
const fixed = 56;
const mostEpochs = 255;

/** How the payload is written. The numbers are stored: append, never change. */
export const format = { json: 0, v8: 1, text: 2, bytes: 3 } as const;

/** Added to a format whose payload is compressed. */
export const compressed = 0x80;

/** What an envelope says, its payload still packed. */
export interface Opened {
  readonly about: Omit<Entry, "value">;
  /** Fingerprint of the key that it was written under. */
  readonly key: number;
  readonly format: number;
  readonly payload: Buffer;
}

/** What comes before the payload. @throws RangeError when there are more than 255 epochs */
export function envelopeHead(entry: Entry, form: number, key: number): Buffer {
  const { epochs } = entry;
  if (epochs.length > mostEpochs) throw new RangeError(`an entry has at most ${mostEpochs} epochs`);
  const tags = entry.tags.length > 0 ? JSON.stringify(entry.tags) : "";
  const tagBytes = Buffer.byteLength(tags);
  const tagStart = fixed + 8 * epochs.length;
  const head = Buffer.allocUnsafe(tagStart + tagBytes);
  head[0] = magic;
  head[1] = version;
  head[2] = form;
  head[3] = epochs.length;
  head.writeUInt32LE(tagBytes, 4);
  head.writeDoubleLE(entry.createdAt, 8);
  head.writeDoubleLE(entry.expiresAt, 16);
  head.writeDoubleLE(entry.staleUntil, 24);
  head.writeDoubleLE(entry.computeMs, 32);
  head.writeDoubleLE(entry.usd ?? Number.NaN, 40);
  head.writeDoubleLE(key, 48);
  for (let index = 0; index < epochs.length; index++) head.writeDoubleLE(epochs[index] as number, fixed + 8 * index);
  if (tagBytes > 0) head.write(tags, tagStart);
  return head;
}

/** Undefined when the bytes are no envelope, or one of another version. @throws when they are damaged */
export function openEnvelope(sealed: Buffer): Opened | undefined {
  if (sealed.length < fixed || sealed[0] !== magic || sealed[1] !== version) return undefined;
  const tagStart = fixed + 8 * (sealed[3] as number);
  const start = tagStart + sealed.readUInt32LE(4);
  if (start > sealed.length) return undefined;
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
      tags: start > tagStart ? (JSON.parse(sealed.toString("utf8", tagStart, start)) as string[]) : [],
      epochs,
    },
    key: sealed.readDoubleLE(48),
    format: sealed[2] as number,
    payload: sealed.subarray(start),
  };
}
