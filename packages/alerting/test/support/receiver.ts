import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** How a request is answered: with a status, by breaking the connection, or never. */
export type Answer =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | "reset"
  | "hang";

export interface Receiver {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** What the next requests get; then 200. */
  readonly answers: Answer[];
  close(): Promise<void>;
}

/** An HTTP server on loopback that keeps what it is sent. */
export async function startReceiver(): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const answers: Answer[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      requests.push({ path: request.url ?? "", headers: request.headers, body, at: performance.now() });
      const answer = answers.shift() ?? { status: 200 };
      if (answer === "hang") return;
      if (answer === "reset") {
        request.socket.resetAndDestroy();
        return;
      }
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body ?? "ok");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
