import type { Database } from "@flyball/storage";
import type { AlertState } from "./evaluate.ts";
import type { Group } from "./history/history.ts";
import type { Evaluation } from "./rule-set.ts";

/** Keeps what is not at rest, so that a restart neither forgets an alert nor starts its `for` anew. */
export interface StateStore {
  load(): { readonly rule: string; readonly group: Group; readonly state: AlertState }[];
  /** Writes what an evaluation changed, in one transaction. */
  save(evaluations: readonly Evaluation[], now: number): void;
}

export function createStateStore(database: Database): StateStore {
  return {
    load: () =>
      database
        .all<{ rule: string; grouping: string; state: string }>("SELECT rule, grouping, state FROM alerting_states")
        .map(({ rule, grouping, state }) => ({
          rule,
          group: JSON.parse(grouping) as Group,
          state: JSON.parse(state) as AlertState,
        })),
    save(evaluations, now) {
      const changed = evaluations.filter(({ before, state }) => !atRest(before) || !atRest(state));
      if (changed.length === 0) return;
      database.transaction(() => {
        for (const { rule, group, state } of changed) {
          const grouping = JSON.stringify(group);
          if (atRest(state)) {
            database.run("DELETE FROM alerting_states WHERE rule = ? AND grouping = ?", rule.name, grouping);
          } else {
            const write = `INSERT INTO alerting_states (rule, grouping, state, updated_at) VALUES (?, ?, ?, ?)
              ON CONFLICT (rule, grouping) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at`;
            database.run(write, rule.name, grouping, JSON.stringify(state), now);
          }
        }
      });
    },
  };
}

/** An anomaly that rests after it ended is remembered, too. */
function atRest(state: AlertState): boolean {
  return state.status === "inactive" && state.endedAt === undefined;
}
