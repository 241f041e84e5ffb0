import { isDeepStrictEqual } from "node:util";
import type { Ledger } from "../ledger/types.ts";
import type { Transition } from "./next-state.ts";
import type { RolloutEntry, RolloutState } from "./state.ts";

/** What the ledger keeps of one rollout. */
export interface RolloutRecord {
  readonly state: RolloutState;
  /** The newest last; older than these are gone. */
  readonly log: readonly RolloutEntry[];
}

const space = "rollouts";
const longestLog = 200;
const begun: RolloutRecord = { state: { phase: "waiting", round: 0 }, log: [] };

/** Rollouts' states, shared by all processes: whoever writes must have read what is there. */
export interface RolloutRecords {
  read(flag: string): Promise<RolloutRecord>;
  /**
   * Takes a transition from the stored state, and writes it with its entry if it is a new one. `decide` may be called
   * again when somebody else wrote meanwhile; what it throws comes back. Gives what is stored then.
   */
  move(
    flag: string,
    decide: (state: RolloutState) => Transition,
    entryOf: (transition: Transition) => RolloutEntry | undefined,
  ): Promise<RolloutRecord & { readonly moved: boolean }>;
  /** Notes that the flag is as this state asks, unless the state is another by now. */
  applied(flag: string, state: RolloutState): Promise<void>;
}

export function rolloutRecords(ledger: Ledger): RolloutRecords {
  return {
    async read(flag) {
      const [stored] = await ledger.read(space, [flag]);
      return parse(stored);
    },
    move: (flag, decide, entryOf) =>
      ledger.update(space, [flag], ([stored]) => {
        const record = parse(stored);
        const transition = decide(record.state);
        const { state } = transition;
        if (sameForTheRecord(state, record.state)) return { result: { ...record, state, moved: false } };
        const entry = entryOf(transition);
        const moved = { state, log: entry ? [...record.log, entry].slice(-longestLog) : record.log };
        return { set: { [flag]: JSON.stringify(moved) }, result: { ...moved, moved: entry !== undefined } };
      }),
    async applied(flag, state) {
      await ledger.update(space, [flag], ([stored]) => {
        const record = parse(stored);
        if (!sameForTheRecord(record.state, state) || record.state.phase === "waiting") return { result: undefined };
        return {
          set: { [flag]: JSON.stringify({ ...record, state: { ...record.state, applied: true } }) },
          result: undefined,
        };
      });
    },
  };
}

/** Only `move` and `applied` above write these. */
function parse(stored: string | undefined): RolloutRecord {
  return stored === undefined ? begun : (JSON.parse(stored) as RolloutRecord);
}

/** How much is missing changes every second and is worked out when asked; what is waited for is worth a write. */
export function sameForTheRecord(one: RolloutState, other: RolloutState): boolean {
  return isDeepStrictEqual(essence(one), essence(other));
}

function essence(state: RolloutState): unknown {
  return JSON.parse(JSON.stringify("waiting" in state ? { ...state, waiting: state.waiting.for } : state));
}
