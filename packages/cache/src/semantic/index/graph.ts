import type { VectorGraph, VectorGraphFactory } from "./types.ts";

/**
 * Graphs of `usearch`, an optional peer with native code for the common platforms inside its package. Undefined where
 * it is not installed or has nothing for this platform.
 */
export async function loadVectorGraph(): Promise<VectorGraphFactory | undefined> {
  try {
    const { Index, MetricKind, ScalarKind } = await import("usearch");
    return (dimensions): VectorGraph => {
      // Eight bits a value: half the time and a quarter of the memory, and what it finds is compared again exactly.
      const index = new Index({
        dimensions,
        metric: MetricKind.Cos,
        quantization: ScalarKind.I8,
        connectivity: 16,
        expansion_add: 64,
        expansion_search: 32,
        multi: false,
      });
      // One thread: these are tens of microseconds on the caller's own thread, less than waking another takes.
      return {
        add: (id, vector) => index.add(BigInt(id), vector, 1),
        remove: (id) => void index.remove(BigInt(id)),
        nearest: (query, limit) => Array.from(index.search(query, limit, 1).keys, Number),
      };
    };
  } catch {
    return undefined;
  }
}
