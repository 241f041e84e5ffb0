import { ConfigurationError } from "@flyball/core";

/** @throws ConfigurationError unless it is a number from `least` up. */
export function atLeast(path: string, value: number, least: number): number {
  if (typeof value === "number" && value >= least) return value;
  throw new ConfigurationError(path, value, `a number of at least ${least}`);
}

/** @throws ConfigurationError unless it is a whole number from `least` up. */
export function wholeNumber(path: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new ConfigurationError(path, value, `a whole number of at least ${least}`);
}
