/** A vector that was found, and how similar it is: the cosine, from -1 to 1. */
export interface Neighbour {
  readonly id: number;
  readonly similarity: number;
}

/** Vectors of length 1 by id, to be found by similarity. All have the same number of dimensions. */
export interface VectorIndex {
  readonly size: number;
  /** The id must not be in it. */
  add(id: number, vector: Float32Array): void;
  /** Does nothing when the id is not in it. */
  remove(id: number): void;
  /** At most `limit` of those that are at least `floor` similar, the most similar first. */
  search(query: Float32Array, floor: number, limit: number): Neighbour[];
}

/**
 * A navigable graph over vectors that are kept elsewhere: it names likely neighbours fast and may miss one. Its
 * distances are rounded, so its caller compares again.
 */
export interface VectorGraph {
  add(id: number, vector: Float32Array): void;
  remove(id: number): void;
  nearest(query: Float32Array, limit: number): number[];
}

/** Makes an empty graph. */
export type VectorGraphFactory = (dimensions: number) => VectorGraph;
