import { similarity } from "../vector.ts";
import { ExactIndex, insert } from "./exact.ts";
import type { Neighbour, VectorGraph, VectorGraphFactory, VectorIndex } from "./types.ts";

export interface GrowingIndexOptions {
  /** Up to so many vectors every one is compared. */
  readonly exactUpTo: number;
  /** Asked each time the index grows past `exactUpTo` without a graph; undefined while there is none to be had. */
  readonly graphFactory: () => VectorGraphFactory | undefined;
  /** Told when native code failed; the index goes on without it. */
  readonly onGraphFailure: (error: unknown) => void;
}

/** How many older vectors each new one carries into a graph that is being built: a millisecond's work, not a second's. */
const carriedAtOnce = 8;
/** How many more the graph is asked for than are wanted, since its own order is rounded. */
const spare = 4;

/** Compares with every vector while they are few, and asks a graph once they are many. */
export class GrowingIndex implements VectorIndex {
  readonly #options: GrowingIndexOptions;
  readonly #exact = new ExactIndex();
  #graph: VectorGraph | undefined;
  #toCarry: number[] = [];
  #broken = false;

  constructor(options: GrowingIndexOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#exact.size;
  }

  /** Whether searches go through the graph: it holds every vector. */
  get indexed(): boolean {
    return this.#graph !== undefined && this.#toCarry.length === 0;
  }

  add(id: number, vector: Float32Array): void {
    if (this.#graph === undefined && this.#exact.size >= this.#options.exactUpTo && !this.#broken) this.#begin(vector);
    this.#exact.add(id, vector);
    this.#withGraph((graph) => {
      graph.add(id, vector);
      for (const older of this.#toCarry.splice(-carriedAtOnce)) {
        const olderVector = this.#exact.vector(older);
        if (olderVector !== undefined) graph.add(older, olderVector);
      }
    });
  }

  remove(id: number): void {
    this.#exact.remove(id);
    // What was not carried over yet is not in the graph, which takes that without complaint.
    this.#withGraph((graph) => graph.remove(id));
    if (this.#exact.size < this.#options.exactUpTo / 2) this.#drop();
  }

  search(query: Float32Array, floor: number, limit: number): Neighbour[] {
    if (!this.indexed) return this.#exact.search(query, floor, limit);
    const found: Neighbour[] = [];
    this.#withGraph((graph) => {
      for (const id of graph.nearest(query, limit + spare)) {
        const vector = this.#exact.vector(id);
        if (vector === undefined) continue;
        const exact = similarity(vector, query);
        if (exact >= floor) insert(found, { id, similarity: exact }, limit);
      }
    });
    return this.#graph === undefined ? this.#exact.search(query, floor, limit) : found;
  }

  #begin(vector: Float32Array): void {
    const make = this.#options.graphFactory();
    if (make === undefined) return;
    try {
      this.#graph = make(vector.length);
      this.#toCarry = this.#exact.ids();
    } catch (error) {
      this.#fail(error);
    }
  }

  #withGraph(work: (graph: VectorGraph) => void): void {
    if (this.#graph === undefined) return;
    try {
      work(this.#graph);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#broken = true;
    this.#drop();
    this.#options.onGraphFailure(error);
  }

  #drop(): void {
    this.#graph = undefined;
    this.#toCarry = [];
  }
}
