import { buffer } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";
import { beforeAll, describe, expect, it } from "vitest";
import { readMail } from "../../../../test/mail.ts";
import { openPeerCertificate, type PeerCertificate } from "../../../../test/peer-certificate.ts";
import { mailConformance } from "../../../ports/mail.conformance.ts";
import { isSmtpUrl, smtpMail } from "./index.ts";

const from = "Città <cloud@example.org>";

const openRelay = async (options: ConstructorParameters<typeof SMTPServer>[0] = {}) => {
  const received: Buffer[] = [];
  let isRefused = false;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onMailFrom: (_address, _session, done) =>
      done(isRefused ? Object.assign(new Error("not now"), { responseCode: 451 }) : null),
    onData(stream, _session, done) {
      buffer(stream).then((bytes) => {
        received.push(bytes);
        done();
      }, done);
    },
    ...options,
  });
  server.on("error", () => {}); // a client that gives up in a handshake
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = server.server.address() as { port: number };
  return {
    port,
    received,
    refuse: (next: boolean) => {
      isRefused = next;
    },
    close: () => new Promise<void>((closed) => server.close(() => closed())),
  };
};

mailConformance("smtp", async () => {
  const relay = await openRelay();
  const mail = smtpMail({ url: `smtp://127.0.0.1:${relay.port}`, from });
  return {
    ...{ mail, from, refuse: relay.refuse, close: relay.close },
    arrived: () => Promise.all(relay.received.map(readMail)),
  };
});

describe("a relay", () => {
  const letter = { to: "chiara@example.org", subject: "Hello", text: "Hello\n" };
  let certificate: PeerCertificate;
  beforeAll(async () => {
    certificate = await openPeerCertificate("localhost");
  });

  it("is signed in to, over TLS that is verified, from the first byte or by STARTTLS", async () => {
    for (const secure of [true, false]) {
      const seen: string[] = [];
      const relay = await openRelay({
        ...{ secure, key: certificate.key, cert: certificate.cert },
        ...{ authOptional: false, disabledCommands: [] },
        onAuth: ({ username, password }, session, done) => {
          seen.push(`${username} ${password} ${session.secure}`);
          done(null, { user: username });
        },
      });
      const url = `${secure ? "smtps" : "smtp"}://city%40example.org:s%3Acret@localhost:${relay.port}`;
      await smtpMail({ url, from, ca: certificate.ca }).send(letter);
      expect([seen, relay.received.length]).toEqual([["city@example.org s:cret true"], 1]);
      // Whose authority nobody knows is told nothing.
      await expect(smtpMail({ url, from }).send(letter)).rejects.toMatchObject({
        code: "mail.unsent",
      });
      expect([seen.length, relay.received.length]).toEqual([1, 1]);
      await relay.close();
    }
  });

  it("beyond loopback is told nothing without TLS", async () => {
    const relay = await openRelay();
    // A name that is not known to be loopback, and leads there.
    const mail = smtpMail({ url: `smtp://localhost.:${relay.port}`, from });
    await expect(mail.send(letter)).rejects.toMatchObject({ code: "mail.unsent" });
    expect(relay.received).toEqual([]);
    await relay.close();
  });

  it("that is away is told without the password that its address has", async () => {
    const url = "smtp://user:hunter2@127.0.0.1:1";
    const error: unknown = await smtpMail({ url, from })
      .send(letter)
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "mail.unsent" });
    expect(String(error)).not.toContain("hunter2");
  });

  it("has an address of its own kind", () => {
    expect(
      ["smtp://a", "smtps://a:1", "http://a", "smtp://", "mail.example"].map(isSmtpUrl),
    ).toEqual([true, true, false, false, false]);
  });
});
