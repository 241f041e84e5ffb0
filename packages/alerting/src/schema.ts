import type { Migration, Retention } from "@flyball/storage";

const day = 86_400_000;

const tables = `
CREATE TABLE alerting_states (
  rule TEXT NOT NULL,
  grouping TEXT NOT NULL,
  state TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (rule, grouping)
) WITHOUT ROWID;
CREATE TABLE alerting_outbox (
  id TEXT NOT NULL,
  channel TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  bundle TEXT NOT NULL,
  notice TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  sending_since INTEGER,
  possible_repeat INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  PRIMARY KEY (id, channel)
) WITHOUT ROWID;
CREATE INDEX alerting_outbox_due ON alerting_outbox (channel, state, due_at);
CREATE INDEX alerting_outbox_fingerprint ON alerting_outbox (fingerprint);
CREATE INDEX alerting_outbox_created_at ON alerting_outbox (created_at);
CREATE TABLE alerting_episodes (
  fingerprint TEXT NOT NULL,
  episode INTEGER NOT NULL,
  alert TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  acknowledged TEXT,
  PRIMARY KEY (fingerprint, episode)
) WITHOUT ROWID;
CREATE INDEX alerting_episodes_opened_at ON alerting_episodes (opened_at);
CREATE TABLE alerting_silences (
  id TEXT PRIMARY KEY,
  silence TEXT NOT NULL,
  ends_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX alerting_silences_ends_at ON alerting_silences (ends_at);
`;

/** The tables of states, outbox, episodes and silences, for `openStore({ migrations })`. */
export const alertingMigrations: readonly Migration[] = [{ owner: "alerting", version: 1, sql: tables }];

/** What is deleted when, for `openStore({ retention })`. Default 30 days. */
export function alertingRetention(options: { readonly keepMs?: number } = {}): readonly Retention[] {
  const { keepMs = 30 * day } = options;
  return [
    { table: "alerting_outbox", timeColumn: "created_at", keepMs },
    { table: "alerting_episodes", timeColumn: "opened_at", keepMs },
    { table: "alerting_silences", timeColumn: "ends_at", keepMs },
  ];
}
