import { EmbeddingError } from "./errors.ts";

/** The vector at length 1, so that a dot product is the cosine. @throws EmbeddingError when it has no direction. */
export function normalised(vector: Float32Array): Float32Array {
  if (vector.length === 0) throw new EmbeddingError("is empty");
  const length = Math.sqrt(dotRange(vector, vector, 0, vector.length));
  if (!(length > 0 && length < Number.POSITIVE_INFINITY)) {
    throw new EmbeddingError("is all zeros, or holds a value that is not a finite number");
  }
  return Float32Array.from(vector, (value) => value / length);
}

/** The cosine of two vectors of length 1, kept from leaving -1 to 1 by rounding. */
export function similarity(a: Float32Array, b: Float32Array): number {
  return Math.max(-1, Math.min(1, dotRange(a, b, 0, a.length)));
}

/** Four sums side by side: one alone waits for each addition to end before the next. */
export function dotRange(a: Float32Array, b: Float32Array, from: number, to: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let index = from;
  for (; index + 3 < to; index += 4) {
    first += (a[index] as number) * (b[index] as number);
    second += (a[index + 1] as number) * (b[index + 1] as number);
    third += (a[index + 2] as number) * (b[index + 2] as number);
    fourth += (a[index + 3] as number) * (b[index + 3] as number);
  }
  for (; index < to; index++) first += (a[index] as number) * (b[index] as number);
  return first + second + third + fourth;
}
