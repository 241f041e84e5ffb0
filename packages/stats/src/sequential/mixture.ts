import { logIncompleteBeta } from "./incomplete-beta.ts";
import { logNormalCdf } from "./normal.ts";

// Mixture supermartingales of Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform, nonparametric, nonasymptotic
// confidence sequences", Annals of Statistics 2021, arXiv 1810.08240: each turns a sum s with intrinsic time v into
// evidence, and its uniform boundary is where the evidence reaches 1/α.

/** ln of the evidence that a sum `sum` at intrinsic time `time` gives against "no drift". */
export type LogMixture = (sum: number, time: number) => number;

/** Two-sided looks for drift either way, one-sided for drift upwards. */
export type Sides = "two-sided" | "one-sided";

/** ρ of the normal mixture that is tightest at intrinsic time `optimalTime`. Same source, section 3.5. */
function normalRho(optimalTime: number, alpha: number, sides: Sides): number {
  const twiceLog = 2 * Math.log(1 / (sides === "two-sided" ? alpha : 2 * alpha));
  return optimalTime / (twiceLog + Math.log(1 + twiceLog));
}

/** The normal mixture. Same source, propositions 5 and 6. */
export function normalMixture(optimalTime: number, alpha: number, sides: Sides = "two-sided"): LogMixture {
  const rho = normalRho(optimalTime, alpha, sides);
  const twoSided: LogMixture = (sum, time) => 0.5 * Math.log(rho / (time + rho)) + sum ** 2 / (2 * (time + rho));
  if (sides === "two-sided") return twoSided;
  return (sum, time) => twoSided(sum, time) + Math.LN2 + logNormalCdf(sum / Math.sqrt(time + rho));
}

/** The beta-binomial mixture, for sums of values that lie between −g and h. Same source, propositions 7 and 8. */
export function betaBinomialMixture(
  optimalTime: number,
  alpha: number,
  g: number,
  h: number,
  sides: Sides = "two-sided",
): LogMixture {
  const r = Math.max(normalRho(optimalTime, alpha, sides) - g * h, 1e-3 * g * h);
  const width = g + h;
  const upTo = sides === "two-sided" ? 1 : h / width;
  const normalizer = logIncompleteBeta(r / (g * width), r / (h * width), upTo);
  return (sum, time) =>
    (time / (g * h)) * Math.log(width) -
    ((time + h * sum) / (h * width)) * Math.log(g) -
    ((time - g * sum) / (g * width)) * Math.log(h) +
    logIncompleteBeta((r + time - g * sum) / (g * width), (r + time + h * sum) / (h * width), upTo) -
    normalizer;
}

/** The sum at which the evidence reaches 1/α at intrinsic time `time`; at most `highest` (default 1e6). */
export function uniformBoundary(mixture: LogMixture, time: number, alpha: number, highest = 1e6): number {
  const goal = Math.log(1 / alpha);
  let low = 0;
  let high = 1;
  while (high < highest && mixture(high, time) < goal) high *= 2;
  for (let step = 0; step < 200 && high - low > 1e-12 * high; step++) {
    const middle = (low + high) / 2;
    if (mixture(middle, time) < goal) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
