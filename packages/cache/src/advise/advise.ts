import { type MissRatioCurve, ttlFactors } from "./miss-ratio-curve.ts";

/** What another setting would give. */
export interface Forecast {
  /** As a multiple of the present setting. */
  readonly factor: number;
  /** Bytes, or undefined for times to live, which differ between answers. */
  readonly bytes: number | undefined;
  /** The share of look-ups that memory would answer, between 0 and 1. */
  readonly hitRatio: number;
}

export interface Advice {
  /** Look-ups that the forecasts are made of; below a few hundred they say little. */
  readonly sampled: number;
  /** The share of keys that is followed. */
  readonly rate: number;
  /** With other sizes of memory, at the present times to live. */
  readonly memory: readonly Forecast[];
  /** With other times to live, were there room for everything. */
  readonly ttl: readonly Forecast[];
  /** What is worth doing, in sentences. Empty when nothing is, or too little is known. */
  readonly suggestions: readonly string[];
}

const memoryFactors = [0.25, 0.5, 1, 2, 4] as const;
const enough = 200;
/** A change of settings is worth saying from two points of a hundred on. */
const worthSaying = 0.02;

export function adviseOn(curve: MissRatioCurve, maxBytes: number): Advice {
  const memory = memoryFactors.map((factor) => {
    const bytes = Math.round(maxBytes * factor);
    return { factor, bytes, hitRatio: curve.hitRatio(bytes) };
  });
  const byTtl = curve.hitRatioByTtl();
  const ttl = ttlFactors.map((factor, index) => ({ factor, bytes: undefined, hitRatio: byTtl[index] as number }));
  const suggestions = curve.sampled < enough ? [] : [...memorySentences(memory), ...ttlSentences(ttl)];
  return { sampled: curve.sampled, rate: curve.rate, memory, ttl, suggestions };
}

function at(forecasts: readonly Forecast[], factor: number): Forecast {
  return forecasts.find((forecast) => forecast.factor === factor) as Forecast;
}

function* memorySentences(memory: readonly Forecast[]): Generator<string> {
  const [half, now, twice] = [at(memory, 0.5), at(memory, 1), at(memory, 2)];
  if (twice.hitRatio - now.hitRatio >= worthSaying) {
    yield `Twice the memory (${megabytes(twice)}) would answer ${percent(twice)} of look-ups instead of ${percent(now)}.`;
  } else if (now.hitRatio - half.hitRatio < worthSaying / 4) {
    yield `Half the memory (${megabytes(half)}) would answer as many look-ups (${percent(half)}).`;
  }
}

function* ttlSentences(ttl: readonly Forecast[]): Generator<string> {
  const [now, twice] = [at(ttl, 1), at(ttl, 2)];
  if (twice.hitRatio - now.hitRatio >= worthSaying) {
    yield `Times to live twice as long would let ${percent(twice)} of look-ups hit instead of ${percent(now)}.`;
  }
}

const percent = ({ hitRatio }: Forecast): string => `${(100 * hitRatio).toFixed(1)} %`;
const megabytes = ({ bytes = 0 }: Forecast): string => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 1 : 0)} MB`;
