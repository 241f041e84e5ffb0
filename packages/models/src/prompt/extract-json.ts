/**
 * The JSON in an answer that may have wrapped it in a code fence or in prose, or undefined. Takes the first complete
 * object or array; an answer that was cut off has none.
 */
export function extractJson(answer: string): unknown {
  const whole = tryParse(answer);
  if (whole !== undefined) return whole;
  // A few candidates are plenty, and bound the work on an answer full of brackets.
  for (const match of Array.from(answer.matchAll(/[[{]/g)).slice(0, 20)) {
    const end = closing(answer, match.index);
    const parsed = end === undefined ? undefined : tryParse(answer.slice(match.index, end + 1));
    if (parsed !== undefined) return parsed;
  }
  return undefined;
}

function tryParse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Where the bracket at `start` closes, brackets inside strings left alone. */
function closing(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let index = start; index < text.length; index++) {
    const character = text[index];
    if (inString) {
      if (character === "\\") index++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return index;
  }
  return undefined;
}
