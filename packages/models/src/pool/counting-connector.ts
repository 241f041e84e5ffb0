import { buildConnector } from "undici";

/** Opens connections, counts them, and remembers whether the server speaks HTTP/2. */
export interface CountingConnector {
  readonly connect: buildConnector.connector;
  readonly opened: number;
  readonly http2: boolean;
}

/** `connectTimeoutMs` is for the TCP and TLS handshakes. */
export function countingConnector(connectTimeoutMs: number, allowH2: boolean): CountingConnector {
  const open = buildConnector({ timeout: connectTimeoutMs, allowH2 });
  let opened = 0;
  let http2 = false;
  return {
    connect(options, callback) {
      open(options, (...[error, socket]) => {
        if (error) return callback(error, null);
        opened++;
        http2 = "alpnProtocol" in socket && socket.alpnProtocol === "h2";
        callback(null, socket);
      });
    },
    get opened() {
      return opened;
    },
    get http2() {
      return http2;
    },
  };
}
