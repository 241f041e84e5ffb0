import { UnleashServerError } from "../errors.ts";

export interface UnleashApi {
  /** Undefined for 404 and for an answer without a body. @throws UnleashServerError */
  call<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T | undefined>;
}

/** The server's HTTP API below `/api/`. `url` ends in `/api` or `/api/`. */
export function unleashApi(url: string, token: string, timeoutMs: number): UnleashApi {
  const base = url.endsWith("/") ? url : `${url}/`;
  return {
    async call<T>(method: string, path: string, body?: unknown) {
      const what = `${method} ${path}`;
      let response: Response;
      let text: string;
      try {
        response = await fetch(base + path, {
          method,
          signal: AbortSignal.timeout(timeoutMs),
          headers: { authorization: token, "content-type": "application/json" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        text = await response.text();
      } catch (cause) {
        throw new UnleashServerError(what, undefined, { cause });
      }
      if (response.status === 404) return undefined;
      if (!response.ok) throw new UnleashServerError(what, response.status, { cause: new Error(text.slice(0, 500)) });
      if (text === "") return undefined;
      try {
        return JSON.parse(text) as T;
      } catch (cause) {
        throw new UnleashServerError(`${what}, in something that is not JSON`, response.status, { cause });
      }
    },
  };
}
