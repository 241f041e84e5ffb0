import { describe } from "vitest";
import { alertmanagerNames, startAlertmanager } from "../../../../test/services/alertmanager.ts";
import { available, findExecutable } from "../../../../test/services/executable.ts";
import { freePort } from "../../../../test/services/free-port.ts";
import { startSmtp } from "../../../../test/services/smtp.ts";
import { alertmanagerChannel, consoleChannel, emailChannel, slackChannel, webhookChannel } from "../../src/index.ts";
import { type ChannelSubject, describeChannel } from "./channel-conformance.ts";
import { httpSubject } from "./http-subject.ts";

describeChannel("console", {
  async start() {
    const lines: string[] = [];
    return {
      channel: consoleChannel({ write: (text) => void lines.push(text) }),
      received: async () => lines,
      secrets: [],
      stop: async () => {},
    };
  },
});

const slackSecret = "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";
describeChannel("slack", {
  markup: (received) => received,
  start: () => httpSubject((url) => slackChannel({ url }), [slackSecret], `/services/${slackSecret}`),
});

const webhookSecret = "0123456789abcdef0123456789abcdef";
describeChannel("webhook", {
  start: () =>
    httpSubject(
      (url) => webhookChannel({ url, secret: webhookSecret }),
      [webhookSecret, "token=t0ken"],
      "/hook?token=t0ken",
    ),
});

describeChannel("alertmanager's api", {
  saysRepeat: false,
  takesTexts: false,
  start: () =>
    httpSubject(
      (url) => alertmanagerChannel({ url, headers: { authorization: "Bearer s3cret" } }),
      ["s3cret"],
      "/prefix/",
    ),
});

const alertmanagerIsThere = alertmanagerNames.some((name) => findExecutable(name)) || available("alertmanager");
describe.skipIf(!alertmanagerIsThere)("with a real Alertmanager", () => {
  describeChannel("alertmanager", {
    saysRepeat: false,
    takesTexts: false,
    async start(): Promise<ChannelSubject> {
      const service = await startAlertmanager();
      return {
        channel: alertmanagerChannel({ url: service.url }),
        async received() {
          const alerts = await service.alerts();
          return alerts.length === 0 ? ['nothing fires: every "endsAt" has passed'] : [JSON.stringify(alerts)];
        },
        secrets: [],
        stop: () => service.stop(),
      };
    },
  });
});

const user = { name: "flyball", password: "correct horse" };
describeChannel("email", {
  markup: (received) => received.slice(received.indexOf("<!doctype html>")),
  async start() {
    const smtp = await startSmtp({ user });
    const options = {
      host: smtp.host,
      ca: smtp.ca,
      username: user.name,
      password: user.password,
      from: "Flyball <flyball@example.org>",
      to: ["ops@example.org", "dev@example.org"],
      timeoutMs: 1_000,
    };
    const working = emailChannel({ ...options, port: smtp.port });
    const dead = emailChannel({ ...options, port: await freePort() });
    let gone = false;
    return {
      secrets: [user.password],
      channel: {
        ...working,
        send: (notice, signal) => {
          const channel = gone ? dead : working;
          gone = false;
          return channel.send(notice, signal);
        },
      },
      received: async () => smtp.mails.map(({ raw }) => decoded(raw)),
      fault(fault) {
        if (fault === "is not there") gone = true;
        else if (fault === "refuses later") smtp.faults.push("refuse-later");
        else if (fault === "refuses for good") smtp.faults.push("refuse-for-good");
        else if (fault === "breaks off") smtp.faults.push("break-off");
        else smtp.faults.push("hang");
      },
      stop: () => smtp.stop(),
    };
  },
});

/** Takes quoted-printable and base64 apart, as a mail program does. */
function decoded(raw: string): string {
  const bytes = raw
    .replace(/=\r?\n/g, "")
    .replace(/((?:=[0-9A-F]{2})+)/g, (coded) => Buffer.from(coded.replaceAll("=", ""), "hex").toString("utf8"));
  return bytes.replace(/^[A-Za-z0-9+/=\r\n]{200,}$/gm, (coded) => Buffer.from(coded, "base64").toString("utf8"));
}
