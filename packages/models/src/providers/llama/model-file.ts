import { open } from "node:fs/promises";
import { ModelError } from "../../errors.ts";
import { tensorBytes } from "./ggml-types.ts";
import { type GgufHeader, MoreBytesNeeded, NotGguf, parseGgufHeader } from "./gguf.ts";

/** What a model file says about itself. */
export interface ModelFile {
  readonly path: string;
  readonly bytes: number;
  readonly parameters: number;
  readonly architecture: string;
  /** Tokens that the model was trained to see at once. */
  readonly contextLength: number | undefined;
  readonly hasChatTemplate: boolean;
}

const firstRead = 1 << 20;
/** Vocabularies take some megabytes; beyond this something else is wrong. */
const largestHeader = 512 << 20;
/** Without these llama.cpp aborts the whole process. */
const keysNeeded: Readonly<Record<string, readonly string[]>> = {
  llama: ["context_length", "embedding_length", "block_count", "feed_forward_length", "attention.head_count"],
};

/**
 * Reads the header of a GGUF file and holds it against the file's size, before the native library sees it: a bad
 * file can end the process there.
 * @throws ModelError `model_file_missing` or `model_file_invalid`.
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "does not exist" : `cannot be opened (${cause.code})`;
    throw new ModelError("model_file_missing", `the model file ${path} ${why}; give the path of a GGUF file`, {
      subject: path,
      cause,
    });
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw invalid(path, "it is not a file");
    const header = await readHeader(path, stat.size, async (length) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
      return buffer.subarray(0, bytesRead);
    });
    return describeFile(path, stat.size, header);
  } finally {
    await file.close();
  }
}

async function readHeader(path: string, size: number, read: (length: number) => Promise<Buffer>): Promise<GgufHeader> {
  for (let length = Math.min(firstRead, size); ; length = Math.min(length * 4, size)) {
    try {
      return parseGgufHeader(await read(length));
    } catch (error) {
      if (error instanceof NotGguf) throw invalid(path, error.message);
      if (!(error instanceof MoreBytesNeeded)) throw error;
      if (length >= size) throw invalid(path, `it ends within its header, after ${size} bytes`);
      if (length >= largestHeader) throw invalid(path, "its header has no end");
    }
  }
}

function describeFile(path: string, bytes: number, header: GgufHeader): ModelFile {
  const { metadata, tensors, dataStart } = header;
  const architecture = metadata.get("general.architecture");
  if (typeof architecture !== "string") throw invalid(path, "it names no architecture");
  for (const key of keysNeeded[architecture] ?? []) {
    if (!metadata.has(`${architecture}.${key}`)) throw invalid(path, `it lacks the key ${architecture}.${key}`);
  }
  if (tensors.length === 0) throw invalid(path, "it holds no tensors");
  let end = dataStart;
  let parameters = 0;
  for (const tensor of tensors) {
    end = Math.max(end, dataStart + tensor.offset + tensorBytes(tensor.type, tensor.elements));
    parameters += tensor.elements;
  }
  if (end > bytes) throw invalid(path, `it is truncated: ${bytes} of ${end} bytes are there`);
  const contextLength = metadata.get(`${architecture}.context_length`);
  return {
    path,
    bytes,
    parameters,
    architecture,
    contextLength: typeof contextLength === "number" ? contextLength : undefined,
    hasChatTemplate: metadata.has("tokenizer.chat_template"),
  };
}

function invalid(path: string, why: string): ModelError {
  return new ModelError("model_file_invalid", `${path} is not a usable GGUF file: ${why}; fetch it again`, {
    subject: path,
  });
}
