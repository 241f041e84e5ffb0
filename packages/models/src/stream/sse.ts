/** One server-sent event. */
export interface SseEvent {
  /** Default "message". */
  readonly event: string;
  readonly data: string;
}

/** Longest line and longest event, characters: an endless one must not fill the memory. */
const longest = 8 * 1024 * 1024;

/**
 * Reads server-sent events as the HTML standard parses them (§9.2.6): any of CR, LF and CRLF ends a line, wherever
 * the bytes were split; comments are skipped; several data lines are joined. One deviation: an event that the end
 * of the stream cuts off before its blank line is still given, because servers forget that line; whether the
 * answer is whole is for the caller to tell.
 * @throws RangeError on a line or event of more than 8 million characters.
 */
export async function* readSse(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent, void, undefined> {
  const decoder = new TextDecoder();
  const event = eventBuilder();
  let rest = "";
  for await (const piece of bytes) {
    // What was left over has no line end in it, except perhaps a CR at its very end.
    const searched = Math.max(0, rest.length - 1);
    rest += decoder.decode(piece, { stream: true });
    const lines = takeLines(rest, searched);
    rest = lines.rest;
    if (rest.length > longest) throw new RangeError("a line of the event stream is too long");
    for (const line of lines.whole) {
      const finished = event.line(line);
      if (finished) yield finished;
    }
  }
  rest += decoder.decode();
  const last = (rest === "" ? undefined : event.line(rest.replace(/\r$/, ""))) ?? event.line("");
  if (last) yield last;
}

/** Splits off whole lines, looking for their ends from `from`. A CR at the very end stays: its LF may come with the next bytes. */
function takeLines(text: string, from: number): { readonly whole: readonly string[]; readonly rest: string } {
  const whole: string[] = [];
  let start = 0;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== 10 && code !== 13) continue;
    if (code === 13 && i === text.length - 1) break;
    whole.push(text.slice(start, i));
    if (code === 13 && text.charCodeAt(i + 1) === 10) i++;
    start = i + 1;
  }
  return { whole, rest: text.slice(start) };
}

function eventBuilder(): { line(line: string): SseEvent | undefined } {
  let name = "";
  let data: string[] = [];
  let size = 0;
  return {
    line(line) {
      if (line === "") {
        const finished = data.length > 0 ? { event: name || "message", data: data.join("\n") } : undefined;
        name = "";
        data = [];
        size = 0;
        return finished;
      }
      const colon = line.indexOf(":");
      if (colon === 0) return undefined;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
      if (field === "event") name = value;
      if (field === "data") {
        size += value.length;
        if (size > longest) throw new RangeError("an event of the event stream is too long");
        data.push(value);
      }
      return undefined;
    },
  };
}
