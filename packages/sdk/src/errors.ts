import { FlyballError, toError } from "@flyball/core";

/** The HTTP address could not be had. */
export class ListenError extends FlyballError {
  constructor(host: string, port: number, cause: unknown) {
    const reason =
      (cause as { code?: string }).code === "EADDRINUSE" ? "something listens there already" : toError(cause).message;
    super("listen_failed", `${host}:${port}: ${reason}; set http.port to another port, or to 0 for a free one`, {
      subject: `${host}:${port}`,
      cause,
    });
  }
}
