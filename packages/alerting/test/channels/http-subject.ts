import { freePort } from "../../../../test/services/free-port.ts";
import type { Channel } from "../../src/index.ts";
import { startReceiver } from "../support/receiver.ts";
import type { ChannelSubject } from "./channel-conformance.ts";

/** A channel over HTTP, in front of a receiver that can be told to fail. */
export async function httpSubject(
  make: (url: string) => Channel,
  secrets: readonly string[],
  path = "",
): Promise<ChannelSubject> {
  const receiver = await startReceiver();
  const working = make(`${receiver.url}${path}`);
  const deadPort = await freePort();
  const dead = make(`http://127.0.0.1:${deadPort}${path}`);
  let gone = false;
  return {
    secrets,
    channel: {
      ...working,
      send: (notice, signal) => {
        const channel = gone ? dead : working;
        gone = false;
        return channel.send(notice, signal);
      },
    },
    async received() {
      return receiver.requests.map(({ body }) => body);
    },
    fault(fault) {
      switch (fault) {
        case "refuses later":
          receiver.answers.push({ status: 503, body: "busy" });
          break;
        case "refuses for good":
          receiver.answers.push({ status: 400, body: "invalid_payload" });
          break;
        case "breaks off":
          receiver.answers.push("reset");
          break;
        case "hangs":
          receiver.answers.push("hang");
          break;
        case "is not there":
          gone = true;
          break;
      }
    },
    stop: () => receiver.close(),
  };
}
