// Letters by SMTP (RFC 5321) to one relay, over TLS: from the first byte, or by STARTTLS, without which only loopback is spoken to.
import { isIP } from "node:net";
import { fail } from "@s4t/contract";
import { createTransport } from "nodemailer";
import type { MailDriver } from "../../../ports/mail.ts";
import { isOneAddress } from "../../../technology/mail/address.ts";
import type { SmtpMailOptions } from "./config.ts";

/** How long a relay gets for each step: a connection, its greeting, an answer. */
export const SMTP_STEP_MS = 15_000;

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || (isIP(host) === 4 && host.startsWith("127."));

/** Whether a text is an address of a relay. */
export const isSmtpUrl = (text: string): boolean =>
  URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) && new URL(text).hostname !== "";

const becauseOf = (error: unknown): string => {
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  if (responseCode !== undefined) return `the relay answered ${responseCode}`;
  return code === undefined ? "the relay cannot be reached" : `the relay cannot be used (${code})`;
};

/** Makes it. Each letter has a connection of its own. */
export const smtpMail = ({ url: text, from, ca }: SmtpMailOptions): MailDriver => {
  const url = new URL(text);
  const secure = url.protocol === "smtps:";
  const transport = createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !isLoopback(url.hostname),
    ...(url.username === ""
      ? {}
      : {
          auth: {
            user: decodeURIComponent(url.username),
            pass: decodeURIComponent(url.password),
          },
        }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    connectionTimeout: SMTP_STEP_MS,
    greetingTimeout: SMTP_STEP_MS,
    socketTimeout: SMTP_STEP_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name: "mail",
    async send({ to, subject, text: body }) {
      if (!isOneAddress(to)) throw fail("mail.unsent", { because: "this is not one address" });
      try {
        await transport.sendMail({ from, to, subject, text: body });
      } catch (cause) {
        throw fail("mail.unsent", { because: becauseOf(cause) }, cause);
      }
    },
    stop: () => transport.close(),
  };
};
