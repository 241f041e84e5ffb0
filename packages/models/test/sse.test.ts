import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSse } from "../src/stream/sse.ts";

async function* split(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    yield bytes.subarray(from, cut);
    from = Math.max(from, cut);
  }
  yield bytes.subarray(from);
}

async function read(text: string, cuts: readonly number[] = []): Promise<string[]> {
  const events: string[] = [];
  for await (const { event, data } of readSse(split(new TextEncoder().encode(text), cuts)))
    events.push(`${event}:${data}`);
  return events;
}

describe("server-sent events", () => {
  it("reads data, names, comments and several data lines", async () => {
    const text = ": hello\n\ndata: one\n\nevent: error\ndata: two\ndata:three\nid: 7\nretry: 5\n\ndata\n\n";
    expect(await read(text)).toEqual(["message:one", "error:two\nthree", "message:"]);
  });

  it("gives an event that the end of the stream cut off before its blank line", async () => {
    expect(await read("data: one\n\ndata: [DONE]")).toEqual(["message:one", "message:[DONE]"]);
  });

  it("keeps a character that was split across bytes", async () => {
    expect(await read("data: é→😀\n\n", [7, 9, 10, 13])).toEqual(["message:é→😀"]);
  });

  it("reads the same events however bytes are split and lines end", async () => {
    const line = fc.constantFrom("data: a", "data:b", "data: é😀", ": comment", "event: x", "", "data", "id: 1");
    const property = fc.asyncProperty(
      fc.array(line, { maxLength: 12 }),
      fc.constantFrom("\n", "\r", "\r\n"),
      fc.array(fc.nat(120), { maxLength: 8 }),
      async (lines, end, cuts) => {
        const whole = await read(lines.map((one) => `${one}\n`).join(""));
        const size = new TextEncoder().encode(lines.join(end)).length;
        const other = await read(
          lines.map((one) => one + end).join(""),
          cuts.filter((cut) => cut <= size),
        );
        expect(other).toEqual(whole);
      },
    );
    await fc.assert(property, { seed: 7, numRuns: 300 });
  });

  it("refuses a line without end", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      const block = new Uint8Array(1 << 20).fill(97);
      for (;;) yield block;
    }
    const reading = (async () => {
      for await (const _ of readSse(endless())) throw new Error("no event was sent");
    })();
    await expect(reading).rejects.toThrow("too long");
  });
});
