import type { Database } from "@flyball/storage";
import type { Alert } from "../alert.ts";
import type { NoticeKind } from "./notice.ts";

/** One alert's news for one channel. */
export interface Entry {
  /** The same in every replica, so that they agree on what was sent. */
  readonly id: string;
  readonly channel: string;
  /** Entries of one bundle and kind may share a message. */
  readonly bundle: string;
  readonly news: News;
}

export interface News {
  readonly kind: NoticeKind;
  /** Absent for `watchdog` and `test`. */
  readonly alert?: Alert;
  readonly episode?: number;
  readonly text?: string;
}

export type EntryState = "waiting" | "sending" | "sent" | "elsewhere" | "dead" | "cancelled";

export interface StoredEntry extends Entry {
  readonly state: EntryState;
  readonly createdAt: number;
  readonly dueAt: number;
  readonly attempts: number;
  readonly possibleRepeat: boolean;
  readonly error: string | undefined;
}

/**
 * What is to be sent, kept until it was: it survives `kill -9`, restarts and days of an unreachable channel. Every
 * method throws a StorageError when the database refuses.
 */
export interface Outbox {
  /** False when it is there already, unless it was taken back: then it is news again. */
  add(entry: Entry, now: number): boolean;
  /** What may be sent now on a channel: the oldest entry and those that may share its message. */
  next(channel: string, now: number, most: number): StoredEntry[];
  /** When there will be something to send on the channel; undefined when there is nothing. */
  nextDue(channel: string): number | undefined;
  /** Notes that these are being sent, before they are. */
  sending(entries: readonly Entry[], now: number): void;
  settle(entries: readonly Entry[], outcome: "sent" | "elsewhere" | "dead", error?: string): void;
  retry(entries: readonly Entry[], dueAt: number, error: string): void;
  /** Takes back what was not sent yet of an alert that is over. Returns where its beginning was taken back. */
  cancel(fingerprint: string): string[];
  find(id: string): StoredEntry[];
  list(state: EntryState, limit?: number): StoredEntry[];
  counts(): Readonly<Record<EntryState, number>>;
  /** Sends dead letters again; all of them without an id. Returns how many. */
  revive(now: number, id?: string): number;
}

/** After so long a sender that did not report back is taken for dead. */
export const abandonedAfterMs = 45_000;

/** Due: what waits (also what was added before the clock was set back), and what a sender left behind. */
const due = `channel = ?1 AND ((state = 'waiting' AND (due_at <= ?2 OR created_at > ?2))
  OR (state = 'sending' AND sending_since <= ?2 - ${abandonedAfterMs}))`;
const columns =
  "id, channel, bundle, notice, state, created_at, due_at, attempts, possible_repeat, error, sending_since";

export function createOutbox(database: Database): Outbox {
  const update = (entries: readonly Entry[], set: string, ...values: (string | number | null)[]): void =>
    database.transaction(() => {
      for (const { id, channel } of entries) {
        database.run(`UPDATE alerting_outbox SET ${set} WHERE id = ? AND channel = ?`, ...values, id, channel);
      }
    });

  return {
    add({ id, channel, bundle, news }, now) {
      const insert = `INSERT INTO alerting_outbox (id, channel, fingerprint, bundle, notice, state, created_at, due_at)
        VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?)
        ON CONFLICT (id, channel) DO UPDATE SET state = 'waiting', bundle = excluded.bundle, notice = excluded.notice,
          created_at = excluded.created_at, due_at = excluded.due_at, attempts = 0, error = NULL
          WHERE state = 'cancelled'`;
      const fingerprint = news.alert?.fingerprint ?? "";
      const text = JSON.stringify(news);
      return database.run(insert, id, channel, fingerprint, `${news.kind} ${bundle}`, text, now, now).changes === 1;
    },
    next(channel, now, most) {
      const oldest = database.get<{ bundle: string }>(
        `SELECT bundle FROM alerting_outbox WHERE ${due} ORDER BY created_at, id LIMIT 1`,
        channel,
        now,
      );
      if (!oldest) return [];
      const rows = `SELECT ${columns} FROM alerting_outbox WHERE ${due} AND bundle = ?3 ORDER BY created_at, id LIMIT ?4`;
      return database.all<Row>(rows, channel, now, oldest.bundle, most).map(toEntry);
    },
    nextDue(channel) {
      const at = `SELECT min(CASE state WHEN 'waiting' THEN due_at ELSE sending_since + ${abandonedAfterMs} END) AS at
        FROM alerting_outbox WHERE channel = ? AND state IN ('waiting', 'sending')`;
      return database.get<{ at: number | null }>(at, channel)?.at ?? undefined;
    },
    sending(entries, now) {
      const left = "possible_repeat = possible_repeat OR state = 'sending'";
      update(entries, `${left}, state = 'sending', sending_since = ?, attempts = attempts + 1`, now);
    },
    settle(entries, outcome, error) {
      update(entries, "state = ?, error = ?", outcome, error ?? null);
    },
    retry(entries, dueAt, error) {
      update(entries, "state = 'waiting', due_at = ?, error = ?", dueAt, error);
    },
    cancel(fingerprint) {
      const cancelled = `UPDATE alerting_outbox SET state = 'cancelled'
        WHERE fingerprint = ? AND state IN ('waiting', 'dead') AND bundle NOT LIKE 'resolved %' RETURNING channel, bundle`;
      return database
        .all<{ channel: string; bundle: string }>(cancelled, fingerprint)
        .filter(({ bundle }) => bundle.startsWith("firing "))
        .map(({ channel }) => channel);
    },
    find: (id) => database.all<Row>(`SELECT ${columns} FROM alerting_outbox WHERE id = ?`, id).map(toEntry),
    list: (state, limit = 100) =>
      database
        .all<Row>(
          `SELECT ${columns} FROM alerting_outbox WHERE state = ? ORDER BY created_at DESC, id LIMIT ?`,
          state,
          limit,
        )
        .map(toEntry),
    counts() {
      const counts = { waiting: 0, sending: 0, sent: 0, elsewhere: 0, dead: 0, cancelled: 0 };
      const rows = database.all<{ state: EntryState; count: number }>(
        "SELECT state, count(*) AS count FROM alerting_outbox GROUP BY state",
      );
      for (const { state, count } of rows) counts[state] = count;
      return counts;
    },
    revive(now, id) {
      const revived = `UPDATE alerting_outbox SET state = 'waiting', due_at = ?1, created_at = ?1, attempts = 0
        WHERE state = 'dead' AND (?2 IS NULL OR id = ?2)`;
      return database.run(revived, now, id ?? null).changes;
    },
  };
}

interface Row {
  readonly id: string;
  readonly channel: string;
  readonly bundle: string;
  readonly notice: string;
  readonly state: EntryState;
  readonly created_at: number;
  readonly due_at: number;
  readonly attempts: number;
  readonly possible_repeat: number;
  readonly error: string | null;
  readonly sending_since: number | null;
}

function toEntry(row: Row): StoredEntry {
  return {
    id: row.id,
    channel: row.channel,
    bundle: row.bundle,
    news: JSON.parse(row.notice) as News,
    state: row.state,
    createdAt: row.created_at,
    dueAt: row.due_at,
    attempts: row.attempts,
    // Found while it was being sent: the sender was stopped before it could say how that ended.
    possibleRepeat: row.state === "sending" || row.possible_repeat === 1,
    error: row.error ?? undefined,
  };
}
