import { dotRange, similarity } from "../vector.ts";
import type { Neighbour, VectorIndex } from "./types.ts";

/** How much of a vector is compared before it is decided whether the rest can matter. */
const headLength = 64;

/**
 * Compares with every vector, but seldom with all of it. By Cauchy and Schwarz the dot product of the rests is at most
 * the product of their lengths; where the head's dot product and that bound together stay under what is wanted, the
 * vector is passed over. The result is the one of a full scan, at a fifth of its time where most vectors are unlike.
 */
export class ExactIndex implements VectorIndex {
  readonly #ids: number[] = [];
  readonly #vectors: Float32Array[] = [];
  readonly #restLengths: number[] = [];
  readonly #positions = new Map<number, number>();

  get size(): number {
    return this.#ids.length;
  }

  ids(): number[] {
    return [...this.#ids];
  }

  vector(id: number): Float32Array | undefined {
    const position = this.#positions.get(id);
    return position === undefined ? undefined : this.#vectors[position];
  }

  add(id: number, vector: Float32Array): void {
    this.#positions.set(id, this.#ids.length);
    this.#ids.push(id);
    this.#vectors.push(vector);
    this.#restLengths.push(restLength(vector));
  }

  /** Moves the last one into the gap: the order carries no meaning. */
  remove(id: number): void {
    const position = this.#positions.get(id);
    if (position === undefined) return;
    this.#positions.delete(id);
    const lastId = this.#ids.pop() as number;
    const lastVector = this.#vectors.pop() as Float32Array;
    const lastRest = this.#restLengths.pop() as number;
    if (lastId === id) return;
    this.#ids[position] = lastId;
    this.#vectors[position] = lastVector;
    this.#restLengths[position] = lastRest;
    this.#positions.set(lastId, position);
  }

  search(query: Float32Array, floor: number, limit: number): Neighbour[] {
    const found: Neighbour[] = [];
    const head = Math.min(headLength, query.length);
    const queryRest = restLength(query);
    // Sums in another order round differently: the bound gives way by more than that, the comparison below does not.
    let bound = floor - 1e-6;
    for (let position = 0; position < this.#vectors.length; position++) {
      const vector = this.#vectors[position] as Float32Array;
      const most = dotRange(vector, query, 0, head) + queryRest * (this.#restLengths[position] as number);
      if (most < bound) continue;
      const exact = similarity(vector, query);
      if (exact < floor) continue;
      insert(found, { id: this.#ids[position] as number, similarity: exact }, limit);
      if (found.length === limit) bound = (found[limit - 1] as Neighbour).similarity - 1e-6;
    }
    return found;
  }
}

/** Puts a neighbour in its place and drops what is over the limit. */
export function insert(found: Neighbour[], neighbour: Neighbour, limit: number): void {
  let place = found.length;
  while (place > 0 && (found[place - 1] as Neighbour).similarity < neighbour.similarity) place--;
  if (place >= limit) return;
  found.splice(place, 0, neighbour);
  if (found.length > limit) found.pop();
}

function restLength(vector: Float32Array): number {
  return Math.sqrt(dotRange(vector, vector, Math.min(headLength, vector.length), vector.length));
}
