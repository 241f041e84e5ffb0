import type { Database } from "@flyball/storage";
import type { FlagDefinition } from "../definition.ts";
import type { Change, HistoryEntry } from "../types.ts";

interface Row {
  readonly at: number;
  readonly flag: string;
  readonly action: string;
  readonly who: string;
  readonly why: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly figures: string | null;
}

/** What a change was, if it does not say so itself. */
function actionOf(before: FlagDefinition | undefined, after: FlagDefinition | undefined): string {
  if (!after) return "remove";
  return before ? "set" : "create";
}

/** Writes an entry; in the transaction of the change that it tells of. */
export function writeHistory(
  database: Database,
  at: number,
  flag: string,
  before: FlagDefinition | undefined,
  after: FlagDefinition | undefined,
  { who, why, action, figures }: Change,
): void {
  database.run(
    "INSERT INTO flags_history(at, flag, action, who, why, before, after, figures) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    at,
    flag,
    action ?? actionOf(before, after),
    who,
    why,
    before ? JSON.stringify(before) : null,
    after ? JSON.stringify(after) : null,
    figures === undefined ? null : JSON.stringify(figures),
  );
}

/** The newest entries first. */
export function readHistory(database: Database, flag: string | undefined, limit: number): HistoryEntry[] {
  const columns = "SELECT at, flag, action, who, why, before, after, figures FROM flags_history";
  const rows =
    flag === undefined
      ? database.all<Row>(`${columns} ORDER BY id DESC LIMIT ?`, limit)
      : database.all<Row>(`${columns} WHERE flag = ? ORDER BY id DESC LIMIT ?`, flag, limit);
  return rows.map(({ at, flag, action, who, why, before, after, figures }) => ({
    at,
    flag,
    action,
    who,
    why,
    // Only `writeHistory` above writes these.
    ...(before === null ? {} : { before: JSON.parse(before) as FlagDefinition }),
    ...(after === null ? {} : { after: JSON.parse(after) as FlagDefinition }),
    ...(figures === null ? {} : { figures: JSON.parse(figures) as unknown }),
  }));
}
