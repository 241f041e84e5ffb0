import { fileURLToPath } from "node:url";

/**
 * Path of the 1 MB GGUF model that ships with this package: enough to make every path real without a download
 * (streaming, prefix reuse, grammars, embeddings), but it knows only the kinds of text in `tiny/MODEL_CARD.md`.
 */
export const tinyModelPath: string = fileURLToPath(new URL("../tiny/flyball-tiny.gguf", import.meta.url));
