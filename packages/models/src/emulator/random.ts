/** A seeded source of random numbers: the same seed gives the same sequence on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Log-normal with mean 1 and the given sigma: a factor for durations, which are never negative and skew right. */
  factor(sigma: number): number;
}

/** A Weyl sequence through a 32-bit mixer (the SplitMix construction): ample for jitter and faults. */
export function seededRandom(seed: number): Random {
  let state = mix32(seed);
  function next(): number {
    state = (state + 0x9e3779b9) >>> 0;
    return mix32(state) / 2 ** 32;
  }
  return {
    next,
    factor(sigma) {
      if (sigma === 0) return 1;
      // Box-Muller; 1 - next() keeps the logarithm finite.
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      // Without the second term a log-normal's mean would be exp(sigma²/2), and step times would drift upwards.
      return Math.exp(sigma * normal - (sigma * sigma) / 2);
    },
  };
}

/** FNV-1a over UTF-16 units, then mixed, so that near texts land far apart. */
export function hash32(text: string, seed = 0): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mix32(hash);
}

/** Murmur3's 32-bit finaliser: every input bit changes about half of the output bits. */
function mix32(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
