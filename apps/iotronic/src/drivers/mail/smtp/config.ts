/** What mail by SMTP needs. */
export interface SmtpMailOptions {
  /** `smtps://user:password@host:465`, or `smtp://` with STARTTLS, which only loopback may do without. */
  readonly url: string;
  /** Whom letters are from, `Name <name@example.org>`. */
  readonly from: string;
  /** Authorities besides the machine's own, PEM. */
  readonly ca?: string | undefined;
}
