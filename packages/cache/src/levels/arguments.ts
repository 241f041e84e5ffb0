import { ConfigurationError } from "@flyball/core";

/** @throws ConfigurationError when the number is not positive and finite. */
export function positive(path: string, value: number): number {
  if (!(Number.isFinite(value) && value > 0)) throw new ConfigurationError(path, value, "a positive number");
  return value;
}
