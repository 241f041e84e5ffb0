import { describe, expect, it, onTestFinished } from "vitest";
import { startSmtp } from "../../../../test/services/smtp.ts";
import { type DeliveryError, type EmailChannelOptions, emailChannel } from "../../src/index.ts";
import { alert, firing, resolved } from "../support/notices.ts";

const user = { name: "flyball", password: "correct horse" };
const never = new AbortController().signal;

async function setup(given: Parameters<typeof startSmtp>[0] = {}, options: Partial<EmailChannelOptions> = {}) {
  const smtp = await startSmtp(given);
  const { host, port, ca } = smtp;
  const channel = emailChannel({
    host,
    port,
    ca,
    from: "Flyball <flyball@example.org>",
    to: ["ops@example.org", "dev@example.org"],
    timeoutMs: 2_000,
    ...options,
  });
  onTestFinished(async () => {
    await channel.close?.();
    await smtp.stop();
  });
  return { smtp, channel };
}

describe("email", () => {
  it("goes over TLS from the first byte, with a name and a password", async () => {
    const { smtp, channel } = await setup(
      { secure: true, user },
      { secure: true, username: user.name, password: user.password },
    );
    await channel.send(firing, never);
    expect(smtp.mails).toMatchObject([
      { secure: true, user: user.name, from: "flyball@example.org", to: ["ops@example.org", "dev@example.org"] },
    ]);
  });

  it("goes over STARTTLS, and not at all without TLS unless that is allowed", async () => {
    const { smtp, channel } = await setup();
    await channel.send(firing, never);
    expect(smtp.mails).toMatchObject([{ secure: true, user: undefined }]);
    const bare = await setup({ startTls: false });
    await expect(bare.channel.send(firing, never)).rejects.toMatchObject({ code: "delivery_failed" });
    const allowed = await setup({ startTls: false }, { requireTls: false });
    await allowed.channel.send(firing, never);
    expect([bare.smtp.mails.length, allowed.smtp.mails[0]?.secure]).toEqual([0, false]);
  });

  it("does not trust a certificate that nobody vouches for", async () => {
    const { smtp, channel } = await setup({ secure: true }, { secure: true, ca: "" });
    await expect(channel.send(firing, never)).rejects.toMatchObject({ code: "delivery_failed", permanent: false });
    expect(smtp.mails).toEqual([]);
  });

  it("with a wrong password can be tried again once that is corrected, and does not say the password", async () => {
    const { channel } = await setup(
      { secure: true, user },
      { secure: true, username: user.name, password: "wrong horse" },
    );
    const error = (await channel.send(firing, never).catch((thrown) => thrown)) as DeliveryError;
    expect(error.permanent).toBe(false);
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain("wrong horse");
  });

  it("is text and HTML, one thread for an episode, and one id for every try of a message", async () => {
    const { smtp, channel } = await setup();
    await channel.send(firing, never);
    await channel.send({ ...firing, possibleRepeat: true }, never);
    await channel.send(resolved, never);
    const header = (name: string): string[] =>
      smtp.mails.map(({ raw }) => new RegExp(`^${name}: (.*)$`, "im").exec(raw)?.[1]?.trim() ?? "");
    expect(smtp.mails[0]?.raw).toMatch(/multipart\/alternative/);
    expect(smtp.mails[0]?.raw).toMatch(/text\/plain[\s\S]*text\/html/);
    const [first, again, over] = header("message-id");
    expect(first).toBe(again);
    expect(first).not.toBe(over);
    expect(new Set(header("references")).size).toBe(1);
    expect(header("subject")[0]).toBe("Firing (critical): run-latency [workflow=fir]");
    expect(header("auto-submitted")[0]).toBe("auto-generated");
  });

  it("does not take headers from what it is about", async () => {
    const { smtp, channel } = await setup();
    const name = "run-latency\r\nBcc: everybody@example.org";
    await channel.send({ ...firing, alerts: [{ ...alert, name }] }, never);
    expect(smtp.mails[0]?.to).toEqual(["ops@example.org", "dev@example.org"]);
    const headers = smtp.mails[0]?.raw.split(/\r?\n\r?\n/)[0];
    expect(headers).toMatch(/^Subject:/m);
    expect(headers).not.toMatch(/^Bcc:/im);
  });
});
