import { settings } from "./settings.ts";

const masked = "***";
const secretName = /key|token|secret|password|passwd|credential|authorization|headers|url$/i;

/**
 * A setting's value as it may be printed. What is secret, or was written under a name that sounds so (a mistyped
 * `apiKeyy` still holds a key), is masked; credentials inside any URL are too.
 */
export function printable(path: string, value: unknown): unknown {
  if (value === undefined || typeof value === "boolean" || typeof value === "number") return value;
  const known = settings().get(path);
  if (known ? known.secret : secretName.test(path)) return mask(value);
  // A text where a group belongs, `openai: sk-…`, may be the secret itself.
  if (typeof value === "string" && holdsSecret(path)) return mask(value);
  return withoutCredentials(value);
}

function holdsSecret(group: string): boolean {
  return [...settings().values()].some((setting) => setting.secret && setting.path.startsWith(`${group}.`));
}

/** The host of a secret URL says which service it is and is no secret itself. */
function mask(value: unknown): unknown {
  if (typeof value === "string" && URL.canParse(value)) {
    const url = new URL(value);
    if (url.host) return `${url.protocol}//${url.username || url.password ? `${masked}@` : ""}${url.host}`;
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.keys(value).map((key) => [key, masked]));
  }
  return masked;
}

function withoutCredentials(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/(\w+:\/\/)[^/\s@]+@/g, `$1${masked}@`);
  if (Array.isArray(value)) return value.map(withoutCredentials);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        secretName.test(key) ? mask(inner) : withoutCredentials(inner),
      ]),
    );
  }
  return value;
}
