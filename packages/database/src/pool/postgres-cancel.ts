import { connect } from "node:net";

/** The number that marks a CancelRequest: 1234 and 5678 in its two halves. */
const cancelRequest = 80877102;

export interface Backend {
  readonly host: string;
  readonly port: number;
  readonly processId: number;
  readonly secretKey: number;
}

/**
 * Asks the server to stop what a connection runs: a packet of its own on a connection of its own, without
 * authentication or TLS, as libpq's PQcancel sends it. The answer is how the statement ends. Resolves to whether the
 * server closed the connection, which it does when it has passed the request on. Never rejects.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html (CancelRequest)
 */
export function sendCancelRequest(backend: Backend, timeoutMs: number): Promise<boolean> {
  const { host, port, processId, secretKey } = backend;
  const packet = Buffer.alloc(16);
  packet.writeInt32BE(16, 0);
  packet.writeInt32BE(cancelRequest, 4);
  packet.writeInt32BE(processId, 8);
  packet.writeInt32BE(secretKey, 12);
  return new Promise((resolve) => {
    const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    let passedOn = false;
    socket.unref();
    socket.setTimeout(timeoutMs, () => socket.destroy());
    // Not closed from this side first: then its end would say nothing about the server.
    socket.on("connect", () => socket.write(packet));
    socket.on("end", () => {
      passedOn = true;
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(passedOn));
    socket.resume();
  });
}
