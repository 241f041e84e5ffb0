import { ConfigurationError } from "@flyball/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor, cut, redactUrls } from "../src/redact.ts";

const redactor = createRedactor();

const secrets: readonly [string, string, string?][] = [
  ["e-mail address", "jane.doe+tag@mail.example.org"],
  ["e-mail address in another script", "мария@пример.example"],
  ["international telephone number", "+49 (30) 1234-5678"],
  ["American telephone number", "(212) 555-0187"],
  ["Indian mobile number", "98765 43210"],
  ["card number", "4111 1111 1111 1111"],
  ["card number without spaces", "5500005555555559"],
  ["OpenAI key", "sk-proj-abcDEF1234567890abcdEF"],
  ["Stripe key", "sk_live_abcDEF1234567890"],
  ["GitHub token", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"],
  ["Slack token", "xoxb-123456789012-abcdefABCDEF"],
  ["AWS key", "AKIAIOSFODNN7EXAMPLE"],
  ["Google key", "AIzaSyA-1234567890abcdefghijklmnopqrstu"],
  ["Hugging Face token", "hf_abcdefghijklmnopqrst"],
  ["JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"],
  ["bearer token", "Bearer abc123.def456-ghi", "abc123.def456-ghi"],
  ["authorization header", "Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"],
  ["password in an assignment", 'password = "hunter2secret"', "hunter2secret"],
  ["key in JSON", '{"api_key":"0123456789abcdef"}', "0123456789abcdef"],
  ["credentials in a URL", "postgres://admin:p%40ss@db:5432/app", "p%40ss"],
  ["token in a URL", "https://api.example.org/v1?key=abcdef0123&x=1", "abcdef0123"],
  ["Slack webhook", "https://hooks.slack.com/services/T000/B000/XXXXXXXX", "T000/B000/XXXXXXXX"],
];

// Text around a secret that cannot become part of it.
const words = fc.stringMatching(/^[a-zäß .,!]{0,40}$/).map((text) => ` ${text} `);

describe("secrets do not survive", () => {
  test.each(secrets)("%s", (_name, text, secret = text) => {
    fc.assert(
      fc.property(words, words, fc.integer({ min: 60, max: 400 }), (before, after, limit) => {
        const redacted = redactor.text(`${before}${text}${after}`, limit);
        expect(redacted).not.toContain(secret);
        expect(redacted.startsWith(before)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("a private key, also when it was cut off", () => {
    const key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----";
    expect(redactor.text(`a ${key} b`, 100)).toBe("a [key] b");
    expect(redactor.text(`a ${key.slice(0, 45)}`, 100)).toBe("a [key]");
  });

  test("wherever a long text is cut", () => {
    const secret = "sk-proj-abcDEF1234567890abcdEF";
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12_000 }), fc.integer({ min: 1, max: 200 }), (offset, limit) => {
        const text = `${"x ".repeat(offset / 2)}${secret} ${"y ".repeat(5_000)}`;
        expect(redactor.text(text, limit)).not.toContain("sk-proj");
      }),
    );
  });
});

test("a secret cut in half by the limit on what is looked at does not slip in", () => {
  // Addresses shrink to a tenth, so that the end of what is looked at comes within the limit of 2,000.
  const mails = `${"a".repeat(60)}@example.org `.repeat(200);
  const looked = 2_000 + 8_192;
  for (let start = looked - 40; start < looked; start++) {
    const text = `${mails.slice(0, start)} sk-proj-abcDEF1234567890abcdEF ${mails}`;
    expect(redactor.text(text, 2_000)).not.toContain("sk-");
  }
});

describe("what is not a secret stays", () => {
  const harmless = [
    "the run took 1764000000000 ms at 2026-11-20 09:45:30.123",
    "order 4111111111111112 has 12 items, 3.14159265358979 each",
    "127.0.0.1:9464 answered 200 in 12.5 ms",
    "basic understanding of tokens: 1200 of 4096",
    "node checks[3] failed: model not found (id 7f3a9c)",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736",
  ];
  test.each(harmless)("%s", (text) => {
    expect(redactor.text(text, 1_000)).toBe(text);
  });
});

describe("any text", () => {
  test("stays within its limit, and redacting again changes nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 500 }), fc.integer({ min: 1, max: 600 }), (text, limit) => {
        const redacted = redactor.text(text, limit);
        expect(redacted.length).toBeLessThanOrEqual(limit);
        expect(redactor.text(redacted, limit)).toBe(redacted);
      }),
    );
  });

  test("that is made to be slow is not: quadratic time would not end here", () => {
    const hostile = ["@", "a.", "+1 ", "eyJ-", "1 ", "://", "key=", "Bearer ", "-----BEGIN PRIVATE KEY-----", "a", "9"];
    for (const piece of hostile) {
      const text = piece.repeat(300_000 / piece.length);
      expect(redactor.text(text, text.length).length).toBeLessThanOrEqual(text.length);
    }
  });

  test("is never cut through a character", () => {
    expect(cut("ab😀cd", 4)).toBe("ab…");
    expect(cut("ab😀cd", 5)).toBe("ab😀…");
    expect(cut("abc", 3)).toBe("abc");
    expect(cut("abc", 0)).toBe("");
  });
});

describe("patterns of one's own", () => {
  test("are replaced, whatever their flags", () => {
    const own = createRedactor({ patterns: [/case-\d+/, /FIR\/\w+/giy] });
    expect(own.text("case-1, case-22 and fir/9a", 100)).toBe("[redacted], [redacted] and [redacted]");
  });

  test("must be patterns", () => {
    expect(() => createRedactor({ patterns: ["case" as never] })).toThrow(ConfigurationError);
  });
});

test("URLs lose their credentials, other texts are left alone", () => {
  expect(redactUrls("redis://:secret@cache:6379/0")).toBe("redis://[redacted]@cache:6379/0");
  expect(redactUrls("see https://x.example/?token=abcdef&y=1")).toBe("see https://x.example/?token=[redacted]&y=1");
  expect(redactUrls("jane@example.org wrote")).toBe("jane@example.org wrote");
});
