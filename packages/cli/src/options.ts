import { InvalidArgumentError, Option } from "commander";

/** Reads a whole number within bounds, for commander. */
export function wholeNumber(low: number, high: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(
      `Expected a whole number ${high === Number.MAX_SAFE_INTEGER ? `from ${low} up` : `from ${low} to ${high}`}.`,
    );
  };
}

/** Collects an option that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** Reads `15m`, `2h`, `1d` or plain minutes, from 1 to 1440 minutes. */
export function minutes(text: string): number {
  const [, amount = "", unit = "m"] = /^(\d+)\s*(m|min|h|d)?$/.exec(text.trim()) ?? [];
  const value = Number(amount) * ({ m: 1, min: 1, h: 60, d: 1440 }[unit] ?? 1);
  if (amount !== "" && value >= 1 && value <= 1440) return value;
  throw new InvalidArgumentError("Expected 1m to 1440m, for example 15m, 2h or 1d.");
}

export const jsonOption = (): Option => new Option("--json", "print JSON instead of text");
export const configOption = (): Option =>
  new Option("--config <file>", "configuration file (default: flyball.yaml, .yml or .json here)");

/** Reads a number above `low` and up to `high`. */
export function decimal(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value > low && value <= high) return value;
    throw new InvalidArgumentError(`Expected a number above ${low} and up to ${high}.`);
  };
}
