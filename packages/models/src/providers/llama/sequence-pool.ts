import type { LlamaContextSequence, Token } from "node-llama-cpp";
import { OverloadedError } from "../../errors.ts";

/** A sequence on loan. */
interface Lease {
  readonly sequence: LlamaContextSequence;
  /** Gives it back, to the next who waits. */
  release(): void;
}

/** Hands a context's sequences out, each to one request at a time. */
export interface SequencePool {
  /**
   * Takes the idle sequence whose state shares most with the beginning of `tokens`: that is not evaluated again.
   * Waits in turn when none is idle.
   * @throws OverloadedError when too many wait; the signal's reason when it aborts.
   */
  take(tokens: readonly Token[], signal: AbortSignal): Promise<Lease>;
  readonly active: number;
  readonly waiting: number;
}

interface Waiter {
  readonly give: (slot: Slot) => void;
}

interface Slot {
  readonly sequence: LlamaContextSequence;
  /** Grows with each use; the smallest is the one longest unused. */
  usedAt: number;
}

export function createSequencePool(
  what: string,
  sequences: readonly LlamaContextSequence[],
  maxWaiting: number,
): SequencePool {
  const idle = new Set<Slot>(sequences.map((sequence) => ({ sequence, usedAt: 0 })));
  const waiters = new Set<Waiter>();
  let uses = 0;

  function lease(slot: Slot): Lease {
    slot.usedAt = ++uses;
    let given = false;
    return {
      sequence: slot.sequence,
      release() {
        if (given) return;
        given = true;
        const [next] = waiters;
        if (next) {
          waiters.delete(next);
          next.give(slot);
        } else idle.add(slot);
      },
    };
  }

  return {
    get active() {
      return sequences.length - idle.size;
    },
    get waiting() {
      return waiters.size;
    },
    async take(tokens, signal) {
      signal.throwIfAborted();
      const slot = bestSlot(idle, tokens);
      if (slot) {
        idle.delete(slot);
        return lease(slot);
      }
      if (waiters.size >= maxWaiting) throw new OverloadedError(what, maxWaiting);
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          waiters.delete(waiter);
          reject(signal.reason);
        };
        const waiter: Waiter = {
          give(given) {
            signal.removeEventListener("abort", onAbort);
            resolve(lease(given));
          },
        };
        waiters.add(waiter);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
  };
}

/**
 * The slot whose state is worth more kept than lost: it saves more tokens than it gives up. Every conversation shares
 * its first few tokens with every other, so the longest shared prefix alone would let each overwrite the last. When
 * none is worth it, the slot longest unused: its state is the least likely to be wanted again.
 */
function bestSlot(idle: ReadonlySet<Slot>, tokens: readonly Token[]): Slot | undefined {
  let best: { readonly slot: Slot; readonly shared: number } | undefined;
  let oldest: Slot | undefined;
  for (const slot of idle) {
    const state = slot.sequence.contextTokens;
    const shared = sharedPrefix(state, tokens);
    if (shared > state.length - shared && shared > (best?.shared ?? 0)) best = { slot, shared };
    if (!oldest || slot.usedAt < oldest.usedAt) oldest = slot;
  }
  return best?.slot ?? oldest;
}

function sharedPrefix(a: readonly Token[], b: readonly Token[]): number {
  const most = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < most && a[shared] === b[shared]) shared++;
  return shared;
}
