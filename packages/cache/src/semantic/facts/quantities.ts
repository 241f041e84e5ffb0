import type { Token } from "./tokens.ts";
import { numberWords, scales, units } from "./units.ts";
import { months } from "./vocabulary.ts";

/** The numbers, dates and times of a question in their order, and the tokens that were none. */
export interface Quantities {
  readonly values: readonly string[];
  readonly rest: readonly Token[];
}

/** Reads "five million dollars", "$5M" as one thing, and "5 March 2024", "March 5th, 2024" and 2024-03-05 as another. */
export function readQuantities(tokens: readonly Token[]): Quantities {
  const values: string[] = [];
  const rest: Token[] = [];
  for (let at = 0; at < tokens.length; ) {
    const read = dateAt(tokens, at) ?? timeAt(tokens, at) ?? amountAt(tokens, at);
    if (read === undefined) {
      rest.push(tokens[at] as Token);
      at++;
    } else {
      values.push(read.value);
      at += read.length;
    }
  }
  return { values, rest };
}

interface Read {
  readonly value: string;
  readonly length: number;
}

function dateAt(tokens: readonly Token[], at: number): Read | undefined {
  const first = tokens[at];
  if (first?.type === "date") return { value: first.value, length: 1 };
  const of = wordAt(tokens, at + 1) === "of" ? 1 : 0;
  const monthLater = months.get(wordAt(tokens, at + 1 + of) ?? "");
  const day = integerAt(tokens, at, 31);
  if (day !== undefined && monthLater !== undefined) return dated(monthLater, day, tokens, at, 2 + of);
  const monthFirst = months.get(wordAt(tokens, at) ?? "");
  const dayLater = integerAt(tokens, at + 1, 31);
  if (monthFirst !== undefined && dayLater !== undefined) return dated(monthFirst, dayLater, tokens, at, 2);
  const year = integerAt(tokens, at + 1, 2999);
  if (monthFirst === undefined || year === undefined || year < 1000) return undefined;
  return { value: `${year}-${two(monthFirst)}`, length: 2 };
}

function dated(month: number, day: number, tokens: readonly Token[], at: number, length: number): Read {
  const year = integerAt(tokens, at + length, 2999);
  const monthAndDay = `${two(month)}-${two(day)}`;
  return year !== undefined && year >= 1000
    ? { value: `${year}-${monthAndDay}`, length: length + 1 }
    : { value: monthAndDay, length };
}

/** "5pm", "5:30 pm" and "17:30". */
function timeAt(tokens: readonly Token[], at: number): Read | undefined {
  const token = tokens[at];
  if (token?.type !== "time" && token?.type !== "number") return undefined;
  const half = wordAt(tokens, at + 1);
  if (half !== "am" && half !== "pm") return token.type === "time" ? { value: token.value, length: 1 } : undefined;
  const [hour = "", ...minutes] = token.value.split(":");
  const hours = (Number(hour) % 12) + (half === "pm" ? 12 : 0);
  return { value: [two(hours), ...(minutes.length > 0 ? minutes : ["00"])].join(":"), length: 2 };
}

function amountAt(tokens: readonly Token[], at: number): Read | undefined {
  const digits = tokens[at];
  const [start, length] = digits?.type === "number" ? [Number(digits.value), 1] : wordsAt(tokens, at);
  if (length === 0) return undefined;
  let value = digits?.type === "number" && Number.isNaN(start) ? digits.value : start;
  let end = at + length;
  for (
    let scale = scaleAt(tokens, end);
    scale !== undefined && typeof value === "number";
    scale = scaleAt(tokens, end)
  ) {
    value *= scale;
    end++;
  }
  const own = digits?.type === "number" ? digits.unit : undefined;
  const after = tokens[end];
  const unit = after?.type === "word" ? units.get(unitForm(after)) : undefined;
  if (unit !== undefined) end++;
  const named = [own === undefined ? undefined : units.get(own), unit].filter((one) => one !== undefined);
  return { value: [value, ...named].join(" "), length: end - at };
}

/** A single letter is a unit only where it touches its number: "5 s" may be anything. */
const unitForm = (token: Extract<Token, { type: "word" }>): string =>
  token.word.length > 1 || token.glued ? token.word : "";

const scaleAt = (tokens: readonly Token[], at: number): number | undefined => scales.get(wordAt(tokens, at) ?? "");

/** "twenty-five" and "two hundred": a sum of number words, up to the first scale. */
function wordsAt(tokens: readonly Token[], at: number): [sum: number, length: number] {
  let sum = 0;
  let end = at;
  for (let part = numberWords.get(wordAt(tokens, end) ?? ""); part !== undefined; ) {
    sum += part;
    end++;
    const next = wordAt(tokens, end) ?? "";
    // Only a unit after a ten goes on: "two three" are two numbers.
    part =
      part >= 20 && (next === "one" || (numberWords.get(next) ?? 99) < 10) ? (numberWords.get(next) ?? 1) : undefined;
  }
  return [sum, end - at];
}

function wordAt(tokens: readonly Token[], at: number): string | undefined {
  const token = tokens[at];
  return token?.type === "word" ? token.word : undefined;
}

function integerAt(tokens: readonly Token[], at: number, most: number): number | undefined {
  const token = tokens[at];
  const value = token?.type === "number" && token.unit === undefined ? Number(token.value) : Number.NaN;
  return Number.isInteger(value) && value > 0 && value <= most ? value : undefined;
}

const two = (value: number): string => String(value).padStart(2, "0");
