/** What looks like a key even when it is not ours: vendors quote a wrong key back in their error. */
const keyLike = /\b(?:sk|pk|rk)-[\w*-]{6,}|\bAIza[\w-]{10,}|\bBearer\s+\S+/g;

/** Takes the given secrets, and what looks like one, out of a text. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret !== "") clean = clean.replaceAll(secret, "[redacted]");
  return clean.replace(keyLike, "[redacted]");
}
