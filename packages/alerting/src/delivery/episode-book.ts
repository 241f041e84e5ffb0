import type { Database } from "@flyball/storage";
import type { Alert } from "../alert.ts";

/** Who said that they are on it. */
export interface Acknowledgement {
  readonly by: string;
  readonly at: number;
  readonly comment?: string;
}

/** An episode that people were told of. */
export interface BookedEpisode {
  readonly alert: Alert;
  readonly episode: number;
  readonly openedAt: number;
  readonly closedAt: number | undefined;
  readonly acknowledged: Acknowledgement | undefined;
}

/**
 * The episodes that this store delivered the beginning of: it owes their end, also after a restart. Throws a
 * StorageError when the database refuses.
 */
export interface EpisodeBook {
  opened(alert: Alert, episode: number, now: number): void;
  closed(fingerprint: string, episode: number, now: number): void;
  acknowledged(fingerprint: string, episode: number, by: Acknowledgement): void;
  open(): BookedEpisode[];
  /** Latest first. Default 100. */
  list(limit?: number): BookedEpisode[];
}

interface Row {
  readonly alert: string;
  readonly episode: number;
  readonly opened_at: number;
  readonly closed_at: number | null;
  readonly acknowledged: string | null;
}

export function createEpisodeBook(database: Database): EpisodeBook {
  const columns = "alert, episode, opened_at, closed_at, acknowledged";
  return {
    opened(alert, episode, now) {
      const insert = `INSERT INTO alerting_episodes (fingerprint, episode, alert, opened_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (fingerprint, episode) DO UPDATE SET alert = excluded.alert`;
      database.run(insert, alert.fingerprint, episode, JSON.stringify(alert), now);
    },
    closed(fingerprint, episode, now) {
      const close = `UPDATE alerting_episodes SET closed_at = ?
        WHERE fingerprint = ? AND episode <= ? AND closed_at IS NULL`;
      database.run(close, now, fingerprint, episode);
    },
    acknowledged(fingerprint, episode, by) {
      const note = "UPDATE alerting_episodes SET acknowledged = ? WHERE fingerprint = ? AND episode = ?";
      database.run(note, JSON.stringify(by), fingerprint, episode);
    },
    open: () => database.all<Row>(`SELECT ${columns} FROM alerting_episodes WHERE closed_at IS NULL`).map(toEpisode),
    list: (limit = 100) =>
      database
        .all<Row>(`SELECT ${columns} FROM alerting_episodes ORDER BY opened_at DESC LIMIT ?`, limit)
        .map(toEpisode),
  };
}

function toEpisode(row: Row): BookedEpisode {
  return {
    alert: JSON.parse(row.alert) as Alert,
    episode: row.episode,
    openedAt: row.opened_at,
    closedAt: row.closed_at ?? undefined,
    acknowledged: row.acknowledged === null ? undefined : (JSON.parse(row.acknowledged) as Acknowledgement),
  };
}
