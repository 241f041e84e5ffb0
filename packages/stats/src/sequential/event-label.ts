/** Factors by which harm may multiply the rate of events; the mixture is powerful against each. */
const defaultFactors: readonly number[] = [1.1, 1.25, 1.5, 2, 3, 5];

/**
 * Tests "the treatment has more events (errors, runs slower than the objective) than its share of units explains",
 * from nothing but the arms that events came from. Exact under randomisation by unit, at most one event a unit,
 * whatever the ramp and the load do.
 *
 * E = Σ_k w_k Π_i θ_k^{x_i} / (1 − π_i + θ_k π_i), close to Lindon and Malek, "Anytime-valid inference for multinomial
 * count data", NeurIPS 2022, arXiv 2011.03567.
 */
export interface EventLabelTest {
  /** One event: did it come from treatment, and what was treatment's share (0 to 1) of assignments then? */
  add(fromTreatment: boolean, treatmentShare: number): void;
  /** `count` events at once with one share, as flushed counts give them. */
  addMany(fromTreatment: number, fromControl: number, treatmentShare: number): void;
  /** ln E. */
  readonly logEvidence: number;
  /** Always-valid p-value: min(1, 1/E at its highest). */
  readonly pValue: number;
  /** The state, to go on elsewhere. */
  snapshot(): EventLabelState;
}

/** ln of each factor's product, and the highest ln E so far. */
export interface EventLabelState {
  readonly factors: readonly number[];
  readonly logProducts: readonly number[];
  readonly highest: number;
}

/** Begins a test, or goes on with a stored state. Factors share the weight equally. @throws RangeError for a factor ≤ 1. */
export function eventLabelTest(from: { readonly factors?: readonly number[] } | EventLabelState = {}): EventLabelTest {
  const factors = from.factors ?? defaultFactors;
  if (factors.length === 0 || factors.some((factor) => !(factor > 1))) {
    throw new RangeError(`factors must be above 1, got ${factors.join(", ")}`);
  }
  const logProducts = "logProducts" in from ? [...from.logProducts] : factors.map(() => 0);
  let highest = "highest" in from ? from.highest : 0;

  function logEvidence(): number {
    const largest = Math.max(...logProducts);
    const sum = logProducts.reduce((total, product) => total + Math.exp(product - largest), 0);
    return largest + Math.log(sum / factors.length);
  }

  function addMany(fromTreatment: number, fromControl: number, share: number): void {
    if (!(share > 0 && share < 1)) throw new RangeError(`treatmentShare must be between 0 and 1, got ${share}`);
    for (const [index, factor] of factors.entries()) {
      const expected = Math.log(1 - share + factor * share);
      (logProducts[index] as number) += fromTreatment * Math.log(factor) - (fromTreatment + fromControl) * expected;
    }
    highest = Math.max(highest, logEvidence());
  }

  return {
    addMany,
    add: (fromTreatment, share) => addMany(fromTreatment ? 1 : 0, fromTreatment ? 0 : 1, share),
    get logEvidence() {
      return logEvidence();
    },
    get pValue() {
      return Math.min(1, Math.exp(-highest));
    },
    snapshot: () => ({ factors, logProducts: [...logProducts], highest }),
  };
}
