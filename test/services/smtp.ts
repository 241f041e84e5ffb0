import type { AddressInfo } from "node:net";
import type { SMTPServerOptions } from "smtp-server";
import { SMTPServer } from "smtp-server";
import { certificate } from "../../packages/models/test/localhost-certificate.ts";

/** A mail as the server took it. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** The whole message, headers and parts as they came. */
  readonly raw: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  readonly user: string | undefined;
}

/** What the server does with the next mail. */
export type SmtpFault = "refuse-later" | "refuse-for-good" | "hang" | "break-off";

export interface SmtpService {
  readonly host: string;
  readonly port: number;
  /** The certificate that clients must trust, PEM. */
  readonly ca: string;
  readonly mails: readonly ReceivedMail[];
  /** For the next mails; then it takes them. */
  readonly faults: SmtpFault[];
  stop(): Promise<void>;
}

export interface SmtpSetup {
  /** TLS from the first byte; otherwise STARTTLS is offered. Default false. */
  readonly secure?: boolean;
  /** Whether STARTTLS is offered. Default true. */
  readonly startTls?: boolean;
  /** Refuses everybody else, and everybody when nobody is named. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** A real SMTP server of the test's own, on loopback. */
export async function startSmtp({ secure = false, startTls = true, user }: SmtpSetup = {}): Promise<SmtpService> {
  const mails: ReceivedMail[] = [];
  const faults: SmtpFault[] = [];
  const options: SMTPServerOptions = {
    ...certificate,
    secure,
    disabledCommands: startTls ? [] : ["STARTTLS"],
    authOptional: user === undefined,
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    onAuth({ username, password }, _session, done) {
      if (user && username === user.name && password === user.password) done(null, { user: username });
      else done(Object.assign(new Error("Invalid username or password"), { responseCode: 535 }));
    },
    onData(stream, session, done) {
      const fault = faults.shift();
      if (fault === "hang") return;
      let raw = "";
      stream.setEncoding("utf8");
      stream.on("data", (chunk: string) => {
        raw += chunk;
        if (fault === "break-off") server.connections.forEach((connection) => void connection.close());
      });
      stream.on("end", () => {
        if (fault === "refuse-later") return done(Object.assign(new Error("try later"), { responseCode: 451 }));
        if (fault === "refuse-for-good") return done(Object.assign(new Error("no such user"), { responseCode: 550 }));
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw,
          secure: session.secure,
          user: session.user || undefined,
        });
        done();
      });
    },
  };
  const server = new SMTPServer(options);
  // Clients that go away in the middle are part of the tests.
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return {
    host: "localhost",
    port,
    ca: certificate.cert,
    mails,
    faults,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
