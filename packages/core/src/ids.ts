import { randomFillSync } from "node:crypto";

// One system call for 512 ids instead of one each: randomBytes costs more than the span it names.
const pool = Buffer.alloc(8192);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString("hex", used - bytes, used);
}

/** A W3C trace id: 32 lower-case hex digits, not all zero. */
export function newTraceId(): string {
  return randomHex(16);
}

/** A W3C span id: 16 lower-case hex digits. */
export function newSpanId(): string {
  return randomHex(8);
}

/** A run's id that sorts by its start: base-36 milliseconds and 8 random hex digits. */
export function newRunId(nowMs: number): string {
  return `${nowMs.toString(36).padStart(9, "0")}-${randomHex(4)}`;
}
