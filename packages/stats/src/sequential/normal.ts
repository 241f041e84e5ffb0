/** ln Φ(z), the logarithm of the standard normal distribution function. */
export function logNormalCdf(z: number): number {
  // Far left the value underflows, so its logarithm is taken of the asymptotic form (continued fraction of Mills' ratio).
  if (z < -3) return -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) + Math.log(millsRatio(-z));
  if (z > 3) return Math.log1p(-Math.exp(logNormalCdf(-z)));
  // Abramowitz and Stegun 26.2.11: Φ(z) = ½ + φ(z) · Σ z^(2n+1) / (1·3·5…(2n+1)).
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-17; n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return Math.log(0.5 + (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) * sum);
}

/** (1 − Φ(z)) / φ(z) for z > 0. Abramowitz and Stegun 26.2.14. */
function millsRatio(z: number): number {
  let fraction = z;
  for (let n = 60; n >= 1; n--) fraction = z + n / fraction;
  return 1 / fraction;
}
