import { expect, it } from "vitest";
import { retryAfterMs } from "../src/pool/retry-after.ts";

const now = Date.UTC(2026, 0, 1, 12, 0, 0);

it.each([
  [{ "retry-after": "3" }, 3000],
  [{ "retry-after": "0.5" }, 500],
  [{ "retry-after": "Thu, 01 Jan 2026 12:00:07 GMT" }, 7000],
  [{ "retry-after": "Thu, 01 Jan 2026 11:00:00 GMT" }, 0],
  [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
  [{ "retry-after": ["4", "5"] }, 4000],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after": "99999999999" }, 86_400_000],
  [{}, undefined],
] as const)("reads %j", (headers, expected) => {
  expect(retryAfterMs(headers as Record<string, string | string[]>, now)).toBe(expected);
});
