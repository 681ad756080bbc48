// How mail leaves, out of the settings; loaded only then.
import { join } from "node:path";
import { fail } from "@s4t/contract";
import type { Config } from "../config.ts";
import type { MailDriver } from "../ports/mail.ts";

/** Opens it; undefined where no mail leaves. Throws `config.invalid`. */
export const openMail = async (config: Config, folder: string): Promise<MailDriver | undefined> => {
  const driver = config["mail.driver"];
  if (driver === "none") return undefined;
  const from = config["mail.from"];
  if (driver === "file") {
    const { fileMail } = await import("../drivers/mail/file/index.ts");
    return fileMail({ folder: config["mail.folder"] ?? join(folder, "mail"), from });
  }
  const { isSmtpUrl, smtpMail } = await import("../drivers/mail/smtp/index.ts");
  const url = config["mail.smtp.url"];
  if (url === null || !isSmtpUrl(url))
    throw fail("config.invalid", {
      setting: "mail.smtp.url",
      because: "must be an address such as smtps://user:password@mail.example",
    });
  return smtpMail({ url, from });
};
