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
 * authentication or TLS, as libpq's PQcancel sends it. Fire and forget: the answer is how the statement ends.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html (CancelRequest)
 */
export function sendCancelRequest({ host, port, processId, secretKey }: Backend, timeoutMs: number): void {
  const packet = Buffer.alloc(16);
  packet.writeInt32BE(16, 0);
  packet.writeInt32BE(cancelRequest, 4);
  packet.writeInt32BE(processId, 8);
  packet.writeInt32BE(secretKey, 12);
  const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.unref();
  socket.setTimeout(timeoutMs, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  // The server answers by closing.
  socket.on("connect", () => socket.end(packet));
  socket.resume();
}
