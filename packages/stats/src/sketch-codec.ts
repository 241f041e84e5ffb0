import { ByteReader, ByteWriter } from "./bytes.ts";
import { IncompatibleSketchError, InvalidSketchError } from "./errors.ts";
import { LogSketch, type Sketch } from "./sketch.ts";

const version = 1;
const writer = new ByteWriter();

// Filled by `parse` and read by its caller before the next call: a day of minutes is decoded without garbage.
let indexes = new Int32Array(256);
let counts = new Float64Array(256);

/**
 * Encodes a sketch sparsely: version, relative error, refused, zeros, and when anything was counted sum, min, max
 * and the used bins as (distance from the last one, count), all integers of variable length. A minute of a usual
 * latency distribution takes 50 to 500 bytes.
 */
export function encodeSketch(sketch: Sketch): Uint8Array<ArrayBuffer> {
  if (!(sketch instanceof LogSketch)) throw new InvalidSketchError("only sketches of createSketch can be encoded");
  writer.reset();
  writer.byte(version);
  writer.double(sketch.relativeError);
  writer.varint(sketch.refused);
  writer.varint(sketch.zeros);
  writer.varint(sketch.count - sketch.zeros);
  if (sketch.count === 0) return writer.finish();
  writer.double(sketch.sum);
  writer.double(sketch.lowest);
  writer.double(sketch.highest);
  // Distances start at the lowest index of the range, so that none is negative.
  let last = sketch.smallestIndex - 1;
  for (let slot = 0; slot < sketch.bins.length; slot++) {
    const count = sketch.bins[slot] as number;
    if (count === 0) continue;
    const index = sketch.first + slot;
    writer.varint(index - last);
    writer.varint(count);
    last = index;
  }
  return writer.finish();
}

/** Decodes `encodeSketch`'s bytes. @throws InvalidSketchError for anything else. */
export function decodeSketch(bytes: Uint8Array): Sketch {
  const reader = new ByteReader(bytes);
  const sketch = new LogSketch(readRelativeError(reader));
  mergeRest(sketch, reader);
  return sketch;
}

/**
 * Merges encoded bytes into a sketch without making another one. Bytes that are refused leave it as it was.
 * @throws InvalidSketchError when they are not a sketch; IncompatibleSketchError when their relative error differs.
 */
export function mergeEncodedSketch(into: Sketch, bytes: Uint8Array): void {
  const reader = new ByteReader(bytes);
  const relativeError = readRelativeError(reader);
  if (!(into instanceof LogSketch) || relativeError !== into.relativeError) {
    throw new IncompatibleSketchError(into.relativeError, relativeError);
  }
  mergeRest(into, reader);
}

function readRelativeError(reader: ByteReader): number {
  const found = reader.byte();
  if (found !== version) throw new InvalidSketchError(`version ${found} is not known`);
  const relativeError = reader.double();
  if (!(relativeError > 1e-5 && relativeError < 1)) throw new InvalidSketchError("its relative error is out of range");
  return relativeError;
}

/** Everything is checked before anything is added. */
function mergeRest(into: LogSketch, reader: ByteReader): void {
  const refused = reader.varint();
  const zeros = reader.varint();
  const binned = reader.varint();
  const count = zeros + binned;
  if (count === 0) {
    if (reader.remaining > 0) throw new InvalidSketchError("bytes are left over");
    into.refused += refused;
    return;
  }
  const sum = reader.double();
  const lowest = reader.double();
  const highest = reader.double();
  if (!(lowest >= 0 && lowest <= highest && highest < Number.POSITIVE_INFINITY && sum >= 0)) {
    throw new InvalidSketchError("its totals contradict each other");
  }
  const used = readBins(into, reader, binned);
  checkEdges(into, zeros, used, lowest, highest);
  into.refused += refused;
  into.addTotals(count, zeros, sum, lowest, highest);
  if (used === 0) return;
  into.cover(indexes[0] as number, indexes[used - 1] as number);
  const { bins, first } = into;
  for (let i = 0; i < used; i++) {
    const slot = (indexes[i] as number) - first;
    bins[slot] = (bins[slot] as number) + (counts[i] as number);
  }
}

function readBins(into: LogSketch, reader: ByteReader, binned: number): number {
  let last = into.smallestIndex - 1;
  let used = 0;
  let total = 0;
  while (reader.remaining > 0) {
    const distance = reader.varint();
    const count = reader.varint();
    last += distance;
    total += count;
    if (distance < 1 || count < 1 || last > into.largestIndex) throw new InvalidSketchError("a bin is out of range");
    if (used === indexes.length) growScratch();
    indexes[used] = last;
    counts[used++] = count;
  }
  if (total !== binned) throw new InvalidSketchError("its bins do not add up to its count");
  return used;
}

/** The lowest and highest value must lie in the lowest and highest bin in use. */
function checkEdges(into: LogSketch, zeros: number, used: number, lowest: number, highest: number): void {
  const lowestBin = zeros > 0 ? undefined : indexes[0];
  const highestBin = used === 0 ? undefined : indexes[used - 1];
  if (into.binOf(lowest) !== lowestBin || into.binOf(highest) !== highestBin) {
    throw new InvalidSketchError("its extremes lie outside its bins");
  }
}

function growScratch(): void {
  const largerIndexes = new Int32Array(indexes.length * 2);
  const largerCounts = new Float64Array(counts.length * 2);
  largerIndexes.set(indexes);
  largerCounts.set(counts);
  indexes = largerIndexes;
  counts = largerCounts;
}
