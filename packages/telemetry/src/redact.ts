import { ConfigurationError } from "@flyball/core";

/** Longest part of a text beyond the wanted length that is looked at, so that a secret at the cut is seen whole. */
const margin = 4_096;

interface Rule {
  readonly pattern: RegExp;
  readonly replace: string | ((match: string) => string);
}

// Every quantifier is bounded or ends at a character it excludes, so that no text takes more than linear time.
// Order matters: credentials in URLs look like e-mail addresses, card numbers like telephone numbers.
/** What may stand in a URL. */
const urlRules: readonly Rule[] = [
  { pattern: /:\/\/[^\s/?#]{1,512}@/g, replace: "://[redacted]@" },
  {
    pattern: /\b(authorization["']?\s{0,4}[:=]\s{0,4}["']?[a-z]{1,16}\s{1,4})[^\s"',;]{4,}/gi,
    replace: "$1[redacted]",
  },
  { pattern: /\b(bearer\s{1,4})(?=[\w.~+/=-]*\d)[\w.~+/=-]{8,}/gi, replace: "$1[redacted]" },
  {
    pattern:
      /((?:api[-_ ]?key|secret|token|password|passwd|pwd|credential|access[-_]?key|signature)["']?\s{0,4}[:=]\s{0,4}["']?)[^\s"',;&#[\]]{4,}/gi,
    replace: "$1[redacted]",
  },
  { pattern: /([?&](?:key|sig|auth|code)=)[^\s&#"']{4,}/gi, replace: "$1[redacted]" },
  { pattern: /\bhooks\.slack\.com\/services\/[\w/]{8,}/g, replace: "hooks.slack.com/services/[redacted]" },
];

const rules: readonly Rule[] = [
  {
    pattern: /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|$)/g,
    replace: "[key]",
  },
  ...urlRules,
  { pattern: /\beyJ[\w-]{8,}(?:\.[\w-]{0,4096}){0,2}/g, replace: "[key]" },
  { pattern: /\b(?:sk|pk|rk)[-_][\w-]{16,}/g, replace: "[key]" },
  { pattern: /\b(?:gh[pousr]_|github_pat_|glpat-|hf_|xox[abeprs]-|npm_|AIza|ya29\.)[\w-]{10,}/g, replace: "[key]" },
  { pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, replace: "[key]" },
  { pattern: /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu, replace: "[email]" },
  { pattern: /(?<!\d)[2-6]\d(?:[ -]?\d){12,17}(?!\d)/g, replace: (match) => (passesLuhn(match) ? "[card]" : match) },
  { pattern: /(?<![\w.])\+\d{1,3}[ ().-]{0,3}\d(?:[ ().-]{0,2}\d){6,12}(?!\d)/g, replace: "[phone]" },
  { pattern: /(?<![\w.])(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]\d{4}(?!\d)/g, replace: "[phone]" },
  { pattern: /(?<![\w.])(?:[6-9]\d{9}|[6-9]\d{4}[ -]\d{5})(?![\w.])/g, replace: "[phone]" },
];

export interface RedactorOptions {
  /** Further patterns whose matches become `[redacted]`. They should not take more than linear time. */
  readonly patterns?: readonly RegExp[];
}

/** Takes secrets and personal data out of texts before they leave the process's memory. */
export interface Redactor {
  /**
   * Replaces e-mail addresses, telephone and card numbers, keys, tokens, credentials in URLs and the user's own
   * patterns, then cuts to `limit` characters. Never throws.
   */
  text(value: string, limit: number): string;
}

/** @throws ConfigurationError when a pattern is not a RegExp. */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const own = (options.patterns ?? []).map((pattern, index): Rule => {
    if (!(pattern instanceof RegExp)) throw new ConfigurationError(`content.redact[${index}]`, pattern, "a RegExp");
    // A sticky pattern would only match at the start; one that is not global only once.
    const flags = new Set(`${pattern.flags.replace("y", "")}g`);
    return { pattern: new RegExp(pattern.source, [...flags].join("")), replace: "[redacted]" };
  });
  const all = [...own, ...rules];
  return {
    text(value, limit) {
      const seen = value.length > limit + 2 * margin ? value.slice(0, limit + 2 * margin) : value;
      let text = seen;
      for (const { pattern, replace } of all) text = text.replace(pattern, replace as string);
      // Where the text was cut beforehand, its end may be half a secret that no pattern knows.
      if (seen.length < value.length) text = text.slice(0, Math.max(0, text.length - margin));
      return cut(text, limit);
    },
  };
}

/** Takes credentials and tokens out of a URL or a text that holds one; anything else is returned as it is. */
export function redactUrls(value: string): string {
  if (!value.includes("://")) return value;
  let text = value;
  for (const { pattern, replace } of urlRules) text = text.replace(pattern, replace as string);
  return text;
}

/** Longest text attribute, characters; content has a limit of its own below it. */
export const longestAttribute = 16_384;

/** Attributes as they may leave the process: URLs without credentials, texts cut to 16,384 characters. */
export function cleanAttributes(attributes: Attributes): Attributes {
  const clean: Record<string, string | number | boolean> = {};
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) clean[key] = typeof value === "string" ? cut(redactUrls(value), longestAttribute) : value;
  }
  return clean;
}

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Cuts to `limit` characters, the last one an ellipsis; never through a surrogate pair. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = Math.max(0, limit - 1);
  const code = text.charCodeAt(end - 1);
  return `${text.slice(0, code >= 0xd800 && code <= 0xdbff ? end - 1 : end)}…`.slice(0, limit);
}

/** The check digit of card numbers (ISO/IEC 7812-1), so that order numbers and timestamps stay readable. */
function passesLuhn(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}
