/** What the header of a GGUF file says. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
export interface GgufHeader {
  readonly version: number;
  /** Scalars as they are; of an array, its length. */
  readonly metadata: ReadonlyMap<string, string | number | bigint | boolean>;
  readonly tensors: readonly GgufTensor[];
  /** Where tensor data begins, bytes from the start of the file. */
  readonly dataStart: number;
}

interface GgufTensor {
  readonly name: string;
  readonly elements: number;
  /** ggml's number of the type. */
  readonly type: number;
  /** Bytes from `dataStart`. */
  readonly offset: number;
}

/** The bytes given end before the header does. */
export class MoreBytesNeeded extends Error {}

/** What is written is not a GGUF header. */
export class NotGguf extends Error {}

const mostTensors = 1_000_000;
const mostKeys = 100_000;
const valueType = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
};
const fixedSize = new Map([
  [valueType.u8, 1],
  [valueType.i8, 1],
  [valueType.u16, 2],
  [valueType.i16, 2],
  [valueType.u32, 4],
  [valueType.i32, 4],
  [valueType.f32, 4],
  [valueType.bool, 1],
  [valueType.u64, 8],
  [valueType.i64, 8],
  [valueType.f64, 8],
]);

/**
 * Parses a header.
 * @throws MoreBytesNeeded when `bytes` is only its beginning; NotGguf when it never was one.
 */
export function parseGgufHeader(bytes: Buffer): GgufHeader {
  const read = reader(bytes);
  const magic = read.bytes(4).toString("latin1");
  if (magic !== "GGUF") throw new NotGguf(`it begins with ${JSON.stringify(magic)}, not with "GGUF"`);
  const version = read.u32();
  if (version < 2 || version > 3) throw new NotGguf(`its version is ${version}; 2 and 3 can be read`);
  const tensorCount = read.count("tensors", mostTensors);
  const keyCount = read.count("keys", mostKeys);
  const metadata = new Map<string, string | number | bigint | boolean>();
  for (let i = 0; i < keyCount; i++) metadata.set(read.string(), read.value(read.u32()));
  const tensors: GgufTensor[] = [];
  for (let i = 0; i < tensorCount; i++) {
    const name = read.string();
    const dimensions = read.u32();
    if (dimensions > 8) throw new NotGguf(`tensor ${JSON.stringify(name.slice(0, 64))} has ${dimensions} dimensions`);
    let elements = 1;
    for (let j = 0; j < dimensions; j++) elements *= read.size();
    tensors.push({ name, elements, type: read.u32(), offset: read.size() });
  }
  const alignment = Number(metadata.get("general.alignment") ?? 32) || 32;
  return { version, metadata, tensors, dataStart: Math.ceil(read.position() / alignment) * alignment };
}

function reader(bytes: Buffer) {
  let at = 0;
  const take = (size: number): number => {
    if (at + size > bytes.length) throw new MoreBytesNeeded();
    const start = at;
    at += size;
    return start;
  };
  const u32 = (): number => bytes.readUInt32LE(take(4));
  const size = (): number => {
    const value = bytes.readBigUInt64LE(take(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new NotGguf(`it has a length of ${value}`);
    return Number(value);
  };
  const string = (): string => {
    const length = size();
    const start = take(length);
    return bytes.toString("utf8", start, start + length);
  };
  const skipArray = (): number => {
    const element = u32();
    const length = size();
    const elementSize = fixedSize.get(element);
    if (elementSize !== undefined) take(length * elementSize);
    else if (element === valueType.string) for (let i = 0; i < length; i++) take(size());
    else throw new NotGguf(`it has an array of type ${element}`);
    return length;
  };
  return {
    position: () => at,
    bytes(length: number): Buffer {
      const start = take(length);
      return bytes.subarray(start, start + length);
    },
    u32,
    size,
    string,
    count(what: string, most: number): number {
      const count = size();
      if (count > most) throw new NotGguf(`it claims to have ${count} ${what}`);
      return count;
    },
    value(type: number): string | number | bigint | boolean {
      switch (type) {
        case valueType.u8:
          return bytes.readUInt8(take(1));
        case valueType.i8:
          return bytes.readInt8(take(1));
        case valueType.u16:
          return bytes.readUInt16LE(take(2));
        case valueType.i16:
          return bytes.readInt16LE(take(2));
        case valueType.u32:
          return u32();
        case valueType.i32:
          return bytes.readInt32LE(take(4));
        case valueType.f32:
          return bytes.readFloatLE(take(4));
        case valueType.bool:
          return bytes.readUInt8(take(1)) !== 0;
        case valueType.string:
          return string();
        case valueType.array:
          return skipArray();
        case valueType.u64:
          return bytes.readBigUInt64LE(take(8));
        case valueType.i64:
          return bytes.readBigInt64LE(take(8));
        case valueType.f64:
          return bytes.readDoubleLE(take(8));
        default:
          throw new NotGguf(`it has a value of type ${type}`);
      }
    },
  };
}
