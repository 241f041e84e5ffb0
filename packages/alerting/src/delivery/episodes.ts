import type { Ledger } from "./ledger.ts";

/** Where an alert stands, as all replicas see it. */
export interface Standing {
  /** Grows by one when an episode opens and by one when it closes: odd while one is open. */
  readonly episode: number;
  readonly open: boolean;
}

const rememberedMs = 30 * 86_400_000;
/** A replica that sees an alert firing says so this often; after twice as long without a word the episode is stale. */
const aliveMs = 15 * 60_000;

/**
 * Episodes of alerts. One opens when the first notice of it was delivered and closes when its end was: whoever heard
 * of the beginning hears of the end, once, and nobody hears of the end of what they were never told of.
 */
export interface Episodes {
  standing(fingerprint: string): Promise<Standing>;
  /** Takes an episode for open that a store remembers, in case the coordinator has lost it. */
  recall(fingerprint: string, episode: number): void;
  opened(fingerprint: string, episode: number, rank: number, rests: EpisodeRests): Promise<void>;
  closed(fingerprint: string, episode: number): Promise<void>;
  /** The highest severity that people were told of. */
  level(fingerprint: string, episode: number): Promise<number>;
  raise(fingerprint: string, episode: number, rank: number, repeatMs: number): Promise<void>;
  /** Too soon after the last beginning. */
  coolsDown(fingerprint: string): Promise<boolean>;
  repeatIsDue(fingerprint: string, episode: number): Promise<boolean>;
  repeated(fingerprint: string, episode: number, repeatMs: number): Promise<void>;
  acknowledge(fingerprint: string, episode: number): Promise<void>;
  acknowledged(fingerprint: string, episode: number): Promise<boolean>;
  /** Says that somebody sees it firing. */
  beat(fingerprint: string, now: number): Promise<void>;
  /** Whether somebody said so lately. */
  isAlive(fingerprint: string, now: number): Promise<boolean>;
}

export interface EpisodeRests {
  readonly cooldownMs: number;
  readonly repeatMs: number;
}

export function createEpisodes(ledger: Ledger): Episodes {
  const beats = (fingerprint: string, now: number): string => `alive/${fingerprint}/${Math.floor(now / aliveMs)}`;
  const repeatKey = (fingerprint: string, episode: number): string => `repeat/${fingerprint}/${episode}`;
  const rest = async (key: string, ms: number): Promise<void> => {
    if (ms > 0) await ledger.mark(key, ms);
  };
  return {
    async standing(fingerprint) {
      const episode = await ledger.read(`episode/${fingerprint}`);
      return { episode, open: episode % 2 === 1 };
    },
    recall: (fingerprint, episode) => ledger.recall(`episode/${fingerprint}`, episode, rememberedMs),
    async opened(fingerprint, episode, rank, { cooldownMs, repeatMs }) {
      await ledger.reach(`episode/${fingerprint}`, episode, rememberedMs);
      await ledger.reach(`level/${fingerprint}/${episode}`, rank, rememberedMs);
      await rest(`cooldown/${fingerprint}`, cooldownMs);
      await rest(repeatKey(fingerprint, episode), repeatMs);
    },
    closed: (fingerprint, episode) => ledger.reach(`episode/${fingerprint}`, episode + 1, rememberedMs),
    level: (fingerprint, episode) => ledger.read(`level/${fingerprint}/${episode}`),
    async raise(fingerprint, episode, rank, repeatMs) {
      await ledger.reach(`level/${fingerprint}/${episode}`, rank, rememberedMs);
      await rest(repeatKey(fingerprint, episode), repeatMs);
    },
    coolsDown: async (fingerprint) => (await ledger.read(`cooldown/${fingerprint}`)) > 0,
    repeatIsDue: async (fingerprint, episode) => (await ledger.read(repeatKey(fingerprint, episode))) === 0,
    repeated: (fingerprint, episode, repeatMs) => rest(repeatKey(fingerprint, episode), repeatMs),
    acknowledge: (fingerprint, episode) => ledger.mark(`ack/${fingerprint}/${episode}`, rememberedMs),
    acknowledged: async (fingerprint, episode) => (await ledger.read(`ack/${fingerprint}/${episode}`)) > 0,
    beat: (fingerprint, now) => rest(beats(fingerprint, now), 2 * aliveMs),
    isAlive: async (fingerprint, now) =>
      (await ledger.read(beats(fingerprint, now))) + (await ledger.read(beats(fingerprint, now - aliveMs))) > 0,
  };
}
