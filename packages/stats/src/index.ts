export { ByteReader, ByteWriter } from "./bytes.ts";
export { IncompatibleSketchError, InvalidSketchError, SketchError } from "./errors.ts";
export { createSketch, type Sketch, type SketchOptions } from "./sketch.ts";
export { decodeSketch, encodeSketch, mergeEncodedSketch } from "./sketch-codec.ts";
