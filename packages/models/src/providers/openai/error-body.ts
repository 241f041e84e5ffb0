import { z } from "zod";
import { ProviderHttpError } from "../../errors.ts";
import { retryAfterMs } from "../../pool/retry-after.ts";
import { redactSecrets } from "./redact-secrets.ts";

const problem = z.object({
  message: z.string().nullish(),
  code: z.union([z.string(), z.number()]).nullish(),
  type: z.string().nullish(),
  status: z.string().nullish(),
  details: z.array(z.object({ retryDelay: z.string().nullish() })).nullish(),
});
/** OpenAI, Ollama and llama.cpp send an object, Gemini sends it in a list, some send only a string. */
const envelope = z.union([
  z.object({ error: problem }),
  z.array(z.object({ error: problem })).min(1),
  z.object({ error: z.string() }),
]);

/** A used-up account answers 429 as a rate limit does, but no wait will help. */
const hopeless = new Set(["insufficient_quota", "billing_hard_limit_reached"]);
const longestMessage = 300;

/** What a refusal's status, headers and body say, without secrets. */
export function httpError(
  provider: string,
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  secrets: readonly string[],
  nowMs: number,
): ProviderHttpError {
  const { message, code, retryDelayMs } = readProblem(body);
  const said = redactSecrets(message, secrets).slice(0, longestMessage);
  return new ProviderHttpError(`${provider} answered ${status}${said === "" ? "" : `: ${said}`}`, {
    subject: provider,
    status,
    retryAfterMs: retryAfterMs(headers, nowMs) ?? retryDelayMs,
    providerCode: code,
    retryable: isRetryable(status, code),
  });
}

function isRetryable(status: number, code: string | undefined): boolean {
  if (status === 429) return code === undefined || !hopeless.has(code);
  // 501 and 505 say that it will never work; 408 and 409 (a lock) pass.
  return status === 408 || status === 409 || (status >= 500 && status !== 501 && status !== 505);
}

function readProblem(body: string): { message: string; code: string | undefined; retryDelayMs: number | undefined } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    // A proxy's page, perhaps: its words without the tags are better than nothing.
    return { message: body.replace(/<[^>]*>|\s+/g, " ").trim(), code: undefined, retryDelayMs: undefined };
  }
  const parsed = envelope.safeParse(json);
  if (!parsed.success) return { message: "", code: undefined, retryDelayMs: undefined };
  const { error } = Array.isArray(parsed.data) ? parsed.data[0]! : parsed.data;
  if (typeof error === "string") return { message: error, code: undefined, retryDelayMs: undefined };
  const code = [error.code, error.status, error.type].find((word) => typeof word === "string");
  return { message: error.message ?? "", code: code as string | undefined, retryDelayMs: retryDelay(error.details) };
}

/** Gemini says how long to wait in the body: google.rpc.RetryInfo, "17s". */
function retryDelay(details: z.infer<typeof problem>["details"]): number | undefined {
  const seconds = details?.map((detail) => /^(\d+(?:\.\d+)?)s$/.exec(detail.retryDelay ?? "")?.[1]).find(Boolean);
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
