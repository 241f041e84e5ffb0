import type { CustomBatchingPrioritizationStrategy, PrioritizedBatchItem } from "node-llama-cpp";

/** How full the batches were that a context evaluated. */
export interface BatchStats {
  readonly batches: number;
  /** Sequences a batch, summed; divided by `batches` it is the mean occupancy. */
  readonly sequences: number;
  readonly tokens: number;
  readonly mostSequences: number;
}

export interface BatchMeter {
  readonly strategy: CustomBatchingPrioritizationStrategy;
  stats(): BatchStats;
}

/**
 * Shares each batch out evenly among the sequences that have tokens to evaluate, so that a long prompt does not
 * hold up the answers beside it, gives what is left to the first in line, and counts.
 */
export function createBatchMeter(): BatchMeter {
  let batches = 0;
  let sequences = 0;
  let tokens = 0;
  let mostSequences = 0;
  return {
    strategy({ items, size }) {
      const share = Math.max(1, Math.floor(size / items.length));
      let left = size;
      const chosen: PrioritizedBatchItem[] = [];
      for (const item of items) {
        const processAmount = Math.min(item.tokens.length, share, left);
        if (processAmount === 0) break;
        chosen.push({ item, processAmount });
        left -= processAmount;
      }
      for (const entry of chosen) {
        const more = Math.min(entry.item.tokens.length - entry.processAmount, left);
        entry.processAmount += more;
        left -= more;
      }
      batches++;
      sequences += chosen.length;
      tokens += size - left;
      mostSequences = Math.max(mostSequences, chosen.length);
      return chosen;
    },
    stats: () => ({ batches, sequences, tokens, mostSequences }),
  };
}
