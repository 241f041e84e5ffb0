import { logBeta } from "./log-gamma.ts";

/** ln B(x; a, b), the logarithm of the incomplete beta function, for a, b > 0 and 0 < x ≤ 1. */
export function logIncompleteBeta(a: number, b: number, x: number): number {
  if (x >= 1) return logBeta(a, b);
  const front = a * Math.log(x) + b * Math.log1p(-x);
  // The continued fraction converges quickly on this side of the mean; the other side is its complement.
  if (x < (a + 1) / (a + b + 2)) return front + Math.log(continuedFraction(a, b, x) / a);
  const complement = front + Math.log(continuedFraction(b, a, 1 - x) / b);
  const whole = logBeta(a, b);
  return whole + Math.log1p(-Math.exp(complement - whole));
}

/** DLMF 8.17.22, evaluated by the modified Lentz method. */
function continuedFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const guard = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    const change = d * c;
    result *= change;
    if (Math.abs(change - 1) < 1e-15) break;
  }
  return result;
}
