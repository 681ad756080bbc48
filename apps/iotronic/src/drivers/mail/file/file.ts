// Letters as files (RFC 5322) in a maildir, for who reads mail on this machine or hands it on by other means.
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "@s4t/contract";
import { createTransport } from "nodemailer";
import type { MailDriver } from "../../../ports/mail.ts";
import { isOneAddress } from "../../../technology/mail/address.ts";
import type { FileMailOptions } from "./config.ts";

/** Letters that lie in the folder; the oldest go first: nobody may fetch them. */
export const MAX_KEPT_MAILS = 1_000;

/** Makes it. The folders are made with the first letter. */
export const fileMail = ({ folder, from }: FileMailOptions): MailDriver => {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: "unix" });
  const fresh = join(folder, "new");

  const trim = async (): Promise<void> => {
    const names = (await readdir(fresh)).sort();
    for (const name of names.slice(0, Math.max(0, names.length - MAX_KEPT_MAILS)))
      await rm(join(fresh, name), { force: true });
  };

  return {
    name: "mail",
    async send({ to, subject, text }) {
      if (!isOneAddress(to)) throw fail("mail.unsent", { because: "this is not one address" });
      try {
        const { message } = await composer.sendMail({ from, to, subject, text });
        for (const part of ["tmp", "new", "cur"])
          await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
        // By time, so that the oldest is first; whole before it has its name.
        const name = `${Date.now().toString().padStart(15, "0")}.${randomUUID()}.s4t`;
        await writeFile(join(folder, "tmp", name), message as Buffer, { mode: 0o600 });
        await rename(join(folder, "tmp", name), join(fresh, name));
        await trim();
      } catch (cause) {
        throw fail("mail.unsent", { because: "its folder refuses" }, cause);
      }
    },
  };
};
