// What whoever takes mail must do, shown by what arrives.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Mail, MailDriver } from "./mail.ts";

/** A letter as it arrived. */
export interface ArrivedMail extends Mail {
  readonly from: string;
  /** Names of its headers, in small letters. */
  readonly headers: readonly string[];
}

export interface MailForTest {
  readonly mail: MailDriver;
  /** Whom the letters are to be from. */
  readonly from: string;
  arrived(): Promise<readonly ArrivedMail[]>;
  /** From now on nobody takes them, or does again. */
  refuse(isRefused: boolean): void | Promise<void>;
  close(): Promise<void>;
}

const letter: Mail = {
  to: "chiara@example.org",
  subject: "A new password",
  text: "Hello\n\nhttps://cloud.example:8812/app/new-password#abc\n",
};

/** The promises of {@link MailDriver}. */
export const mailConformance = (name: string, open: () => Promise<MailForTest>): void => {
  describe(`mail: ${name}`, () => {
    let opened: MailForTest;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    it("brings a letter as it was, from whom it is to be from", async () => {
      await opened.mail.send(letter);
      expect(await opened.arrived()).toMatchObject([{ ...letter, from: opened.from }]);
    });

    it.each([
      ["letters of any language", "Più caffè, ñandú, 日本語, 🙂"],
      ["lines that begin with a dot", ".\n..\n.hidden"],
      ["what looks like the end of a letter", "one\n.\nQUIT\nRSET"],
      ["what looks like a header", "From: somebody\nBcc: other@example.org"],
      ["a long line", `https://cloud.example/${"x".repeat(3_000)}`],
      ["equals signs and soft ends", "a=b==\n=20\n=\nlast"],
    ])("brings %s", async (_, text) => {
      await opened.mail.send({ ...letter, text: `${text}\n` });
      expect(await opened.arrived()).toMatchObject([{ text: `${text}\n` }]);
    });

    it("brings a subject of any language, and makes no header of its lines", async () => {
      await opened.mail.send({ ...letter, subject: "Città\r\nBcc: other@example.org\r\n\r\nhi" });
      const [arrived] = await opened.arrived();
      expect(arrived?.subject).toContain("Città");
      expect(arrived?.text).toBe(letter.text);
      expect(arrived?.headers).not.toContain("bcc");
    });

    it.each([
      "chiara@example.org\r\nBcc: other@example.org",
      "chiara@example.org, other@example.org",
      "no address",
      "",
    ])("sends nothing to what is not one address: %j", async (to) => {
      await expect(opened.mail.send({ ...letter, to })).rejects.toMatchObject({
        code: "mail.unsent",
      });
      expect(await opened.arrived()).toEqual([]);
    });

    it("brings many at once, each once", async () => {
      const wanted = Array.from({ length: 20 }, (_, i) => `letter ${i}`);
      await Promise.all(wanted.map((subject) => opened.mail.send({ ...letter, subject })));
      const subjects = (await opened.arrived()).map(({ subject }) => subject);
      expect(subjects.toSorted()).toEqual(wanted.toSorted());
    });

    it("says that nobody takes it, and goes on once somebody does", async () => {
      await opened.refuse(true);
      await expect(opened.mail.send(letter)).rejects.toMatchObject({ code: "mail.unsent" });
      await opened.refuse(false);
      await opened.mail.send({ ...letter, subject: "again" });
      expect(await opened.arrived()).toMatchObject([{ subject: "again" }]);
    });
  });
};
