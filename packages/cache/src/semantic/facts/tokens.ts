import { scales, units } from "./units.ts";

/** A piece of a question. `start` is set at the beginning of a sentence, where a capital says nothing. */
export type Token =
  | { readonly type: "number"; readonly value: string; readonly unit: string | undefined; readonly ordinal: boolean }
  | { readonly type: "date" | "time"; readonly value: string }
  | {
      readonly type: "word";
      readonly raw: string;
      readonly word: string;
      readonly start: boolean;
      readonly glued: boolean;
    }
  | { readonly type: "literal"; readonly value: string };

const pattern = new RegExp(
  [
    /(?<literal>https?:\/\/[^\s"<>]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:\/[\w.-]+){2,})/u,
    /(?<iso>(?<![\d-])\d{4}-\d{2}-\d{2}(?![\d-]))/u,
    /(?<time>(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?![\d:]))/u,
    /(?<number>(?<![\p{L}\d_])(?:(?<=^|[\s(])[-−])?(?:[$€£¥₹]\s?)?\d[\d,]*(?:\.\d+)*(?<suffix>%|°[cf]?|[\p{L}µ]+(?:\/h)?)?(?![\p{L}\d_]))/u,
    /(?<code>(?=[\p{L}\d._/-]*\d)(?=[\p{L}\d._/-]*\p{L})[\p{L}\d]+(?:[-_./][\p{L}\d]+)*)/u,
    /(?<word>[\p{L}\p{M}](?:[\p{L}\p{M}_]|['.](?=\p{L}))*)/u,
    /(?<sign>[+*<>=^|#~÷×≤≥≠]+|(?<=[\p{L}\d)]\s?)[-−/](?=\s?\d))/u,
    /(?<stop>[.!?:;\n"«»“”]+)/u,
  ]
    .map((part) => part.source)
    .join("|"),
  "giu",
);

const suffixes = /^(?:st|nd|rd|th|am|pm)$/;
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
let segmenter: Intl.Segmenter | undefined;

/** Cuts a question into words, numbers, times and things that are compared letter by letter. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  let start = true;
  let end = 0;
  for (const match of plain(text).matchAll(pattern)) {
    const groups = match.groups as Readonly<Record<string, string | undefined>>;
    const glued = match.index === end && tokens.length > 0;
    end = match.index + match[0].length;
    if (groups.stop !== undefined) {
      start = true;
      continue;
    }
    if (groups.word !== undefined) tokens.push(...wordsOf(groups.word, start, glued));
    else tokens.push(...tokenOf(match[0], groups));
    start = false;
  }
  return tokens;
}

function tokenOf(text: string, groups: Readonly<Record<string, string | undefined>>): Token[] {
  if (groups.iso !== undefined) return [{ type: "date", value: groups.iso }];
  if (groups.time !== undefined) return [{ type: "time", value: text.padStart(5, "0") }];
  if (groups.number !== undefined) return numberOf(text, groups.suffix?.toLowerCase());
  return [{ type: "literal", value: text.toLowerCase() }];
}

function numberOf(text: string, suffix: string | undefined): Token[] {
  if (suffix !== undefined && !suffixes.test(suffix) && !units.has(suffix) && !scales.has(suffix)) {
    return [{ type: "literal", value: text.toLowerCase() }];
  }
  const ordinal = suffix !== undefined && /^(?:st|nd|rd|th)$/.test(suffix);
  const currency = /[$€£¥₹]/.exec(text)?.[0];
  const digits = /\d[\d,]*(?:\.\d+)*/.exec(text)?.[0] as string;
  const value = `${/^[-−]/.test(text) ? "-" : ""}${plainNumber(digits)}`;
  const number: Token = { type: "number", value, unit: currency, ordinal };
  if (suffix === undefined || ordinal) return [number];
  // "$5M" is money in millions, "5m" are metres.
  if (currency !== undefined && suffix === "m") return [number, ...wordsOf("million", false, true)];
  return [number, { type: "word", raw: suffix, word: suffix, start: false, glued: true }];
}

/** "1,000.50" and "1000.5" are one number; what has several dots is a version and stays as it is. */
function plainNumber(digits: string): string {
  const joined = digits.replaceAll(",", "");
  return joined.split(".").length > 2 ? joined : String(Number(joined));
}

function wordsOf(raw: string, start: boolean, glued: boolean): Token[] {
  if (unspaced.test(raw)) {
    segmenter ??= new Intl.Segmenter(undefined, { granularity: "word" });
    return Array.from(segmenter.segment(raw), ({ segment }): Token => wordToken(segment, false, true));
  }
  return raw
    .split(/n't$/iu)
    .flatMap((part, index) => (index === 0 ? part : ["not"]))
    .filter((part) => part !== "")
    .map((part, index) => wordToken(part, start && index === 0, glued));
}

function wordToken(raw: string, start: boolean, glued: boolean): Token {
  const bare = raw.replace(/'(?:s|re|ve|d|m|ll)?$/iu, "").replaceAll(".", "");
  return { type: "word", raw: bare, word: bare.toLowerCase(), start, glued };
}

/** One form for what can be typed in several. */
function plain(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[’‘ʼ]/gu, "'")
    .replace(/\bcan't\b/giu, "can not")
    .replace(/\bcannot\b/giu, "can not")
    .replace(/\bwon't\b/giu, "will not")
    .replace(/'ll\b/giu, " will");
}
