/** What one walk over a value tells. */
export interface Inspection {
  /** Bytes on the heap of V8 and behind its buffers, estimated. */
  readonly heapBytes: number;
  /** Whether JSON gives the value back as it is. */
  readonly jsonSafe: boolean;
  /** What in it `node:v8` would not give back as it is; undefined when it would. */
  readonly unstorable: string | undefined;
}

// Sizes of V8's objects on 64 bits without pointer compression, as Node builds it.
const word = 8;
const objectHeader = 3 * word;
const stringHeader = 2 * word;
const heapNumber = 2 * word;
const bufferOverhead = 25 * word;
const mapHeader = 20 * word;
const mapEntry = 5 * word;
const dateBytes = 12 * word;
const regularExpressionBytes = 100 * word;
/** A class or dictionary of its own per object shape is rare; a slot costs a word, and a little slack is allocated. */
const slot = word;

/**
 * Estimates what a value takes on the heap. The length of its JSON can be half of that: text with one character
 * beyond Latin-1 is kept with two bytes a character.
 */
export function inspectValue(value: unknown): Inspection {
  const walk = new Walk();
  walk.visit(value);
  return {
    heapBytes: walk.bytes,
    jsonSafe: walk.jsonSafe && walk.unstorable === undefined,
    unstorable: walk.unstorable,
  };
}

class Walk {
  bytes = 0;
  jsonSafe = true;
  unstorable: string | undefined;
  readonly #seen = new Set<object>();
  readonly #queue: object[] = [];

  /** Breadth first with a queue: a value nested ten thousand deep must not overflow the stack. */
  visit(value: unknown): void {
    this.#add(value);
    for (let index = 0; index < this.#queue.length; index++) this.#open(this.#queue[index] as object);
  }

  #add(value: unknown): void {
    switch (typeof value) {
      case "string":
        this.bytes += stringBytes(value);
        return;
      case "number":
        if (!Number.isInteger(value) || Math.abs(value) >= 2 ** 31) this.bytes += heapNumber;
        if (!Number.isFinite(value) || Object.is(value, -0)) this.jsonSafe = false;
        return;
      case "bigint":
        this.bytes += 3 * word;
        this.jsonSafe = false;
        return;
      case "undefined":
        this.jsonSafe = false;
        return;
      case "function":
      case "symbol":
        this.unstorable ??= `a ${typeof value}`;
        return;
      case "object":
        if (value !== null) this.#addObject(value);
    }
  }

  #addObject(value: object): void {
    // Seen twice: shared or circular, which JSON would copy or refuse.
    if (this.#seen.has(value)) {
      this.jsonSafe = false;
      return;
    }
    this.#seen.add(value);
    this.#queue.push(value);
  }

  #open(value: object): void {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (Array.isArray(value)) this.#openArray(value);
    else if (prototype === Object.prototype || prototype === null) this.#openRecord(value, prototype === null);
    else this.#openOther(value, prototype);
  }

  #openOther(value: object, prototype: unknown): void {
    this.jsonSafe = false;
    if (ArrayBuffer.isView(value)) this.#openBytes(value);
    else if (prototype === Date.prototype) this.bytes += dateBytes;
    else if (prototype === Map.prototype) this.#openMap(value as Map<unknown, unknown>);
    else if (prototype === Set.prototype) this.#openSet(value as Set<unknown>);
    else if (prototype === RegExp.prototype) this.bytes += regularExpressionBytes;
    else if (prototype === ArrayBuffer.prototype) this.bytes += bufferOverhead + (value as ArrayBuffer).byteLength;
    else this.#refuse(value);
  }

  #openArray(value: readonly unknown[]): void {
    this.bytes += objectHeader + 2 * word + value.length * slot;
    // `for of` would miss that a hole comes back from JSON as null.
    for (let index = 0; index < value.length; index++) this.#add(value[index]);
    if (Object.getPrototypeOf(value) !== Array.prototype) this.#refuse(value);
    else if (Object.keys(value).length !== value.length) this.jsonSafe = false;
  }

  #openRecord(value: object, bare: boolean): void {
    this.bytes += objectHeader;
    if (bare || Object.getOwnPropertySymbols(value).length > 0) this.jsonSafe = false;
    for (const key of Object.keys(value)) {
      this.bytes += slot;
      if (key === "toJSON" || key === "__proto__") this.jsonSafe = false;
      this.#add((value as Record<string, unknown>)[key]);
    }
  }

  #openBytes(value: ArrayBufferView): void {
    this.bytes += bufferOverhead + value.byteLength;
    const plain = Buffer.isBuffer(value) || Object.getPrototypeOf(Object.getPrototypeOf(value)) === typedArray;
    if (!plain && !(value instanceof DataView)) this.#refuse(value);
  }

  #openMap(value: Map<unknown, unknown>): void {
    this.bytes += mapHeader + value.size * mapEntry;
    for (const [key, item] of value) {
      this.#add(key);
      this.#add(item);
    }
  }

  #openSet(value: Set<unknown>): void {
    this.bytes += mapHeader + value.size * mapEntry;
    for (const item of value) this.#add(item);
  }

  #refuse(value: object): void {
    const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
    this.unstorable ??= `an instance of ${typeof name === "string" && name !== "" ? name : "a class"}`;
    // Its fields still take room.
    this.bytes += objectHeader;
    for (const key of Object.keys(value)) {
      this.bytes += slot;
      this.#add((value as Record<string, unknown>)[key]);
    }
  }
}

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const beyondLatin1 = /[\u0100-\uffff]/;

/** Bytes of one string on the heap, its header included, rounded up to words. */
export function stringBytes(text: string): number {
  const perCharacter = beyondLatin1.test(text) ? 2 : 1;
  return Math.ceil((stringHeader + text.length * perCharacter) / word) * word;
}
