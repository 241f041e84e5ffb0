/** Writes GGUF files for tests: whole ones with random weights that really run, and broken ones. */

type Value =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly string: string }
  | { readonly strings: readonly string[] }
  | { readonly i32s: readonly number[] }
  | { readonly f32s: readonly number[] };

export interface TinyGgufOptions {
  /** Default: a small llama of 1 layer, 32 wide. */
  readonly keys?: Readonly<Record<string, Value | undefined>>;
  readonly seed?: number;
  /** A tensor to leave out. */
  readonly without?: string;
}

const width = 32;
const feedForward = 64;
const alignment = 32;

/** A whole model: byte pieces and single characters as its vocabulary, weights from a seeded generator. */
export function tinyGguf(options: TinyGgufOptions = {}): Buffer {
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`);
  const characters = Array.from({ length: 95 }, (_, i) => (i === 0 ? "▁" : String.fromCharCode(32 + i)));
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...characters];
  const types = [2, 3, 3, ...bytes.map(() => 6), ...characters.map(() => 1)];
  const keys: Record<string, Value | undefined> = {
    "general.architecture": { string: "llama" },
    "llama.context_length": { u32: 512 },
    "llama.embedding_length": { u32: width },
    "llama.block_count": { u32: 1 },
    "llama.feed_forward_length": { u32: feedForward },
    "llama.attention.head_count": { u32: 2 },
    "llama.attention.layer_norm_rms_epsilon": { f32: 1e-5 },
    "llama.pooling_type": { u32: 1 },
    "tokenizer.ggml.model": { string: "llama" },
    "tokenizer.ggml.tokens": { strings: tokens },
    "tokenizer.ggml.token_type": { i32s: types },
    "tokenizer.ggml.scores": { f32s: tokens.map((_, i) => -i) },
    "tokenizer.ggml.bos_token_id": { u32: 1 },
    "tokenizer.ggml.eos_token_id": { u32: 2 },
    "tokenizer.ggml.add_space_prefix": { bool: false },
    "tokenizer.chat_template": {
      string:
        "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}{% endfor %}" +
        "{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}",
    },
    ...options.keys,
  };
  const random = generator(options.seed ?? 1);
  const noise = (size: number, scale: number): Float32Array =>
    Float32Array.from({ length: size }, () => (random() - 0.5) * scale);
  const ones = new Float32Array(width).fill(1);
  const embeddings = noise(width * tokens.length, 1);
  // Byte pieces, and the end, keep no embedding: their score stays 0 and some character wins.
  embeddings.fill(0, 0, width * (3 + 256));
  const layer = "blk.0.";
  const tensors: Tensor[] = [
    ["token_embd.weight", [width, tokens.length], embeddings],
    ["output_norm.weight", [width], ones],
    [`${layer}attn_norm.weight`, [width], ones],
    [`${layer}attn_q.weight`, [width, width], noise(width * width, 1)],
    [`${layer}attn_k.weight`, [width, width], noise(width * width, 1)],
    [`${layer}attn_v.weight`, [width, width], noise(width * width, 1)],
    [`${layer}attn_output.weight`, [width, width], noise(width * width, 1)],
    [`${layer}ffn_norm.weight`, [width], ones],
    [`${layer}ffn_gate.weight`, [width, feedForward], noise(width * feedForward, 1)],
    [`${layer}ffn_up.weight`, [width, feedForward], noise(width * feedForward, 1)],
    [`${layer}ffn_down.weight`, [feedForward, width], noise(width * feedForward, 1)],
  ];
  return writeGguf(
    keys,
    tensors.filter(([name]) => name !== options.without),
  );
}

type Tensor = readonly [name: string, sizes: readonly number[], data: Float32Array];

export function writeGguf(keys: Readonly<Record<string, Value | undefined>>, tensors: readonly Tensor[]): Buffer {
  const present = Object.entries(keys).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  const parts: Buffer[] = [Buffer.from("GGUF"), u32(3), u64(tensors.length), u64(present.length)];
  for (const [key, value] of present) parts.push(text(key), ...encode(value));
  let offset = 0;
  for (const [name, sizes, data] of tensors) {
    parts.push(text(name), u32(sizes.length), ...sizes.map(u64), u32(0), u64(offset));
    offset += padded(data.byteLength);
  }
  const header = Buffer.concat(parts);
  const body = tensors.map(([, , data]) => pad(Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
  return Buffer.concat([pad(header), ...body]);
}

function encode(value: Value): Buffer[] {
  if ("u32" in value) return [u32(4), u32(value.u32)];
  if ("f32" in value) return [u32(6), f32(value.f32)];
  if ("bool" in value) return [u32(7), Buffer.of(value.bool ? 1 : 0)];
  if ("string" in value) return [u32(8), text(value.string)];
  if ("strings" in value) return [u32(9), u32(8), u64(value.strings.length), ...value.strings.map(text)];
  if ("i32s" in value) return [u32(9), u32(5), u64(value.i32s.length), ...value.i32s.map(u32)];
  return [u32(9), u32(6), u64(value.f32s.length), ...value.f32s.map(f32)];
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

function f32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return buffer;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

const padded = (size: number): number => Math.ceil(size / alignment) * alignment;
const pad = (buffer: Buffer): Buffer => Buffer.concat([buffer], padded(buffer.length));

/** Mulberry32: numbers in [0, 1) from a seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
