import { ConfigurationError } from "@flyball/core";

/** @throws ConfigurationError when the URL is not one of Redis. */
export function checkedRedisUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && (parsed.protocol === "redis:" || parsed.protocol === "rediss:")) return parsed;
  // What was received may hold a password in an unexpected place, so only its scheme is repeated.
  throw new ConfigurationError("url", `${url.split(":")[0]?.slice(0, 20)}:…`, "a URL such as redis://localhost:6379");
}
