import { type Clock, withDeadline } from "@flyball/core";
import type { Pool } from "undici";
import type { HttpRequest, HttpResponse } from "./transport.ts";

export async function sendThrough(pool: Pool, request: HttpRequest): Promise<HttpResponse> {
  const response = await pool.request({
    method: request.method,
    path: request.path,
    headers: request.headers,
    body: request.body ?? null,
    signal: request.signal,
  });
  return { status: response.statusCode, headers: response.headers, body: response.body };
}

/** Lets requests finish for `graceMs`, then destroys what is left. */
export async function closeAll(pools: readonly Pool[], graceMs: number, clock: Clock): Promise<void> {
  const closed = Promise.all(pools.map((pool) => pool.close()));
  await withDeadline(closed, graceMs, "closing connections", clock).catch(() =>
    Promise.all(pools.map((pool) => pool.destroy())),
  );
}
