import { ByteReader, ByteWriter, encodeSketch, InvalidSketchError, mergeEncodedSketch } from "@flyball/stats";
import { Aggregate, slots } from "./aggregate.ts";

const version = 1;
const writer = new ByteWriter();

/**
 * Encodes an aggregate: version, a bit per sum that is not zero, those sums as doubles, then each sketch with its
 * length (0 when empty). A minute of a busy series takes 200 to 500 bytes, of a quiet one 60.
 */
export function encodeAggregate(aggregate: Aggregate): Uint8Array<ArrayBuffer> {
  const { sums, duration, firstChunk } = aggregate;
  let used = 0;
  for (let i = 0; i < slots; i++) if (sums[i] !== 0) used += 2 ** i;
  writer.reset();
  writer.byte(version);
  writer.varint(used);
  for (let i = 0; i < slots; i++) if (sums[i] !== 0) writer.double(sums[i] as number);
  for (const sketch of [duration, firstChunk]) {
    if (sketch.count === 0 && sketch.refused === 0) {
      writer.varint(0);
      continue;
    }
    const bytes = encodeSketch(sketch);
    writer.varint(bytes.length);
    writer.bytes(bytes);
  }
  return writer.finish();
}

/**
 * Merges encoded bytes into an aggregate, without a second one in between: a day is 1,440 of these.
 * @throws InvalidSketchError when they are not an aggregate; the sums are then as they were.
 */
export function mergeEncodedAggregate(into: Aggregate, bytes: Uint8Array): void {
  const reader = new ByteReader(bytes);
  const found = reader.byte();
  if (found !== version) throw new InvalidSketchError(`aggregate version ${found} is not known`);
  const used = readSums(reader);
  mergeSketch(into.duration, reader);
  mergeSketch(into.firstChunk, reader);
  if (reader.remaining > 0) throw new InvalidSketchError("bytes are left over");
  for (let i = 0; i < used; i++) {
    const at = slotIn[i] as number;
    into.sums[at] = (into.sums[at] as number) + (sumIn[i] as number);
  }
}

// Filled by `readSums` and read by its caller before the next call.
const slotIn = new Int32Array(slots);
const sumIn = new Float64Array(slots);

function readSums(reader: ByteReader): number {
  let bits = reader.varint();
  let used = 0;
  for (let at = 0; bits > 0; at++) {
    const bit = bits % 2;
    bits = (bits - bit) / 2;
    if (bit === 0) continue;
    const value = reader.double();
    if (!Number.isFinite(value)) throw new InvalidSketchError("a sum is not a number");
    // A slot beyond ours was written by a newer version that knows more; what we know is still right.
    if (at >= slots) continue;
    slotIn[used] = at;
    sumIn[used++] = value;
  }
  return used;
}

function mergeSketch(into: Aggregate["duration"], reader: ByteReader): void {
  const length = reader.varint();
  if (length > 0) mergeEncodedSketch(into, reader.bytes(length));
}

export function decodeAggregate(bytes: Uint8Array): Aggregate {
  const aggregate = new Aggregate();
  mergeEncodedAggregate(aggregate, bytes);
  return aggregate;
}
