export { ByteReader, ByteWriter } from "./bytes.ts";
export { IncompatibleSketchError, InvalidSketchError, SketchError } from "./errors.ts";
export { type EventLabelState, type EventLabelTest, eventLabelTest } from "./sequential/event-label.ts";
export {
  type ArmStatistics,
  compareMeans,
  compareMeansOneSided,
  type Interval,
  type MeanOptions,
  type MeanStatistics,
  type OneSided,
  oneSidedMultiplier,
  type ProportionStatistics,
  type Scale,
  tightness,
  twoSidedMultiplier,
} from "./sequential/mean.ts";
export {
  betaBinomialMixture,
  type LogMixture,
  normalMixture,
  type Sides,
  uniformBoundary,
} from "./sequential/mixture.ts";
export { type Distribution, pValueOf, type QuantileOptions, quantileLogEvidence } from "./sequential/quantile.ts";
export { sampleRatioLogEvidence } from "./sequential/sample-ratio.ts";
export { createSketch, type Sketch, type SketchOptions } from "./sketch.ts";
export { decodeSketch, encodeSketch, mergeEncodedSketch } from "./sketch-codec.ts";
