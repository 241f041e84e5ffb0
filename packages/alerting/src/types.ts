import type { Alert } from "./alert.ts";
import type { Acknowledgement, BookedEpisode } from "./delivery/episode-book.ts";
import type { EntryState, StoredEntry } from "./delivery/outbox.ts";
import type { Silence } from "./delivery/silence.ts";
import type { NewSilence } from "./delivery/silences.ts";
import type { Round } from "./evaluation.ts";
import type { Rule } from "./rule.ts";
import type { Evaluation } from "./rule-set.ts";

/** Rules that are evaluated every minute, and people who are told. Nothing here throws into the pipeline. */
export interface Alerting {
  /** Evaluates from now on, after each minute. */
  start(): void;
  /** Judges the last closed minute now; undefined when that was done already. For tests and commands. */
  round(): Promise<Round | undefined>;
  /** Everything that fires or is about to, alerts about alerting itself among them. */
  alerts(): { readonly firing: readonly Alert[]; readonly states: readonly Evaluation[] };
  /**
   * Replaces the rules while running. What fires goes on firing where its rule is still there.
   * @throws ConfigurationError when the rules contradict themselves; the old ones stay.
   */
  setRules(rules: readonly Rule[]): void;
  /** Says that new rules were refused and the old ones stay; undefined takes that back. */
  rulesRefused(error: Error | undefined): void;
  silence(silence: NewSilence): Promise<Silence>;
  endSilence(id: string): Promise<boolean>;
  silences(): Silence[];
  /** Stops repeats until the alert ends or becomes worse. False when people were not told of such an alert. */
  acknowledge(fingerprint: string, by: Omit<Acknowledgement, "at">): Promise<boolean>;
  /** What people were told of, latest first. */
  episodes(limit?: number): BookedEpisode[];
  deadLetters(): StoredEntry[];
  /** Tries dead letters again; all without an id. Returns how many. */
  revive(id?: string): number;
  /** Sends a test through one channel, past the outbox. @throws DeliveryError */
  test(channel: string): Promise<void>;
  /** Resolves when nothing that is due is left to send. */
  delivered(): Promise<void>;
  stats(): AlertingStats;
  /** Sends what is due for at most `graceMs`; the rest is kept for the next start. */
  stop(graceMs?: number): Promise<void>;
}

export interface AlertingStats {
  readonly rules: number;
  readonly firing: number;
  readonly pending: number;
  readonly outbox: Readonly<Record<EntryState, number>>;
  /** Groups that were too many to follow. */
  readonly overflowed: number;
  /** Failures that nobody else saw, by cause. */
  readonly failures: Readonly<Record<string, number>>;
}
