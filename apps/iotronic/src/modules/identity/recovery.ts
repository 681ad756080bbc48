// A lost password, and whose an address is: links for one use, sent by mail. Whoever asks hears the same, after the same time,
// whether there is such a person or not: everything that depends on it is done after the answer.
import { type BodyOf, fail, type Language, type rest } from "@s4t/contract";
import type { Part } from "@s4t/kit";
import { randomToken, sha256Hex } from "@s4t/kit/node";
import { type Actor, everything, requirePerson } from "../../policy/index.ts";
import type { Tx } from "../../ports/database.ts";
import type { Mail, MailDriver } from "../../ports/mail.ts";
import type { IdentityContext } from "./identity.ts";
import { type LetterKind, letterOf } from "./letters.ts";
import {
  findMailLink,
  insertMailLink,
  listUsersByMail,
  type MailLinkRow,
  type Purpose,
  removeMailLinks,
  takeMailLink,
} from "./mail-store.ts";
import { createPace } from "./pace.ts";
import { hashPassword, isPassword, requireStrong } from "./passwords.ts";
import { signingIn } from "./sessions.ts";
import { findUser, lockUser, type UserRow, updateUser } from "./store.ts";
import type { Throttle } from "./throttle.ts";
import { removeTokensOf } from "./token-store.ts";

/** How long a link for a new password is good. */
export const RESET_LINK_LIFE_S = 1_800;
/** How long a link that proves an address is good: mail may wait until its reader is back at a desk. */
export const MAIL_LINK_LIFE_S = 86_400;
/** Stretch in which letters are counted. */
export const MAIL_PACE_MS = 3_600_000;
/** Letters that one address gets within it, whoever asks. */
export const MAX_MAILS_PER_ADDRESS = 3;
/** Askings from one network address within it: an office may have a bad morning. */
export const MAX_ASKINGS_PER_HOST = 30;
/** Letters that wait for whoever brings them; more means an attack, or a relay that is stuck. */
export const MAX_WAITING_MAILS = 100;
/** How long a letter under way may take when the cloud stops; those that wait are asked for anew. */
export const MAIL_STOP_MS = 1_000;
/** People who get a letter where they share an address. */
export const MAX_USERS_PER_MAIL = 5;

type Resets = typeof rest.passwordResets;

export interface Recovery extends Part {
  /** Whether mail leaves at all. */
  readonly isOn: boolean;
  /** Asks for a link; says nothing of whether one is sent. Throws `mail.off`, `auth.throttled`. */
  ask(body: BodyOf<Resets["ask"]>, host: string | null): Promise<void>;
  /** Sets a new password by a link. Throws `mail.link-invalid`, `user.password-weak`. */
  redeem(body: BodyOf<Resets["redeem"]>, host: string | null): Promise<void>;
  /** Asks for a link to an address, which is mine once it comes back; null takes mine away. */
  changeMail(actor: Actor, body: BodyOf<typeof rest.mailAddresses.change>): Promise<void>;
  /** Proves an address by its link. Throws `mail.link-invalid`. */
  confirmMail(body: BodyOf<typeof rest.mailAddresses.confirm>, host: string | null): Promise<void>;
  /** Within a transaction: an administrator wrote an address down, and its reader is asked. */
  invite(tx: Tx, user: UserRow): void;
}

export interface RecoveryDependencies {
  readonly mail: MailDriver | undefined;
  /** What this cloud is called. */
  readonly name: string;
  /** Origin that people reach this cloud by. Never what a request says: its sender could lead a link astray. */
  readonly origin: () => string;
}

/** As it is looked for and sent to: people write an address as they please. */
export const plainMail = (mail: string): string => mail.trim().toLowerCase();

/** Makes the verbs. */
export const createRecovery = (
  context: IdentityContext,
  throttle: Throttle,
  { mail: driver, name: cloud, origin }: RecoveryDependencies,
): Recovery => {
  const { database, clock, log, audit, tokens, people, requireHere } = context;
  const pace = createPace(clock, MAIL_PACE_MS);
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  let isStopped = false;

  /** Does it after whatever waits, and after the answer. False: too much waits. */
  const later = (work: () => Promise<void>): boolean => {
    if (waiting >= MAX_WAITING_MAILS) return false;
    waiting += 1;
    last = last
      .then(() => (isStopped ? undefined : work()))
      .catch((error: unknown) => log.warn("Mail could not be sent", { error }))
      .finally(() => {
        waiting -= 1;
      });
    return true;
  };

  const send = async (letter: Mail): Promise<void> => {
    if (!driver) return;
    // Counted by the person's own address, too: whoever asks by several spellings fills nobody's mailbox.
    if (pace.take(`to ${plainMail(letter.to)}`, 2 * MAX_MAILS_PER_ADDRESS) > 0) return;
    await driver.send(letter);
  };

  const write = (
    kind: LetterKind,
    language: Language,
    user: { readonly name: string; readonly to: string },
    link = "",
    lifeS = 0,
  ): Promise<void> => {
    const facts = { cloud, name: user.name, link, minutes: lifeS / 60 };
    return send({ to: user.to, ...letterOf(kind, language, facts) });
  };

  /** Makes a link and sends it. Its code is after the #, which no server and no log ever sees. */
  const sendLink = async (
    purpose: Purpose,
    user: UserRow,
    to: string,
    language: Language,
  ): Promise<void> => {
    const code = randomToken(32);
    const isReset = purpose === "password";
    const lifeS = isReset ? RESET_LINK_LIFE_S : MAIL_LINK_LIFE_S;
    const isMade = await database.write(everything, async (tx) => {
      const now = await lockUser(everything, tx, user.uuid);
      // Who asked with the old password, or of the old address, waited too long.
      if (now?.password !== user.password || now.mail !== user.mail) return false;
      await removeMailLinks(everything, tx, user.uuid, purpose);
      await insertMailLink(everything, tx, {
        hash: sha256Hex(code),
        user_id: user.uuid,
        purpose,
        mail: to,
        expires_at: clock.now() + lifeS * 1_000,
      });
      return true;
    });
    if (!isMade) return;
    const [kind, page] = isReset
      ? (["new-password", "new-password"] as const)
      : (["confirm-mail", "confirm-mail"] as const);
    const link = `${origin()}/app/${page}#${code}`;
    await write(kind, language, { name: user.name, to }, link, lifeS);
  };

  const tooMany = (retryAfterS: number) => fail("auth.throttled", { retryAfterS });
  const requireMail = (): void => {
    requireHere();
    if (!driver) throw fail("mail.off");
  };

  /** A link that is good now, and whose; looked at, not used up. */
  const look = async (
    code: string,
    purpose: Purpose,
    host: string | null,
  ): Promise<MailLinkRow> => {
    const keys = [`address ${host}`];
    using _try = throttle.begin(keys);
    const link = await database.read(everything, (reader) =>
      findMailLink(everything, reader, sha256Hex(code), purpose),
    );
    if (link && Number(link.expires_at) > clock.now()) return link;
    throttle.wrong(keys);
    throw fail("mail.link-invalid");
  };

  /** Uses it up, within a transaction; whoever comes second finds none. */
  const take = async (
    tx: Tx,
    code: string,
    purpose: Purpose,
  ): Promise<{ link: MailLinkRow; user: UserRow }> => {
    const link = await takeMailLink(everything, tx, sha256Hex(code), purpose);
    const user = link && (await findUser(everything, tx, link.user_id));
    if (!link || user?.status !== "active") throw fail("mail.link-invalid");
    return { link, user };
  };

  return {
    name: "recovery",
    isOn: driver !== undefined && people.managedAt === null,
    async ask({ mail, language = "en" }, host) {
      requireMail();
      const to = plainMail(mail);
      const waitS = Math.max(
        pace.take(`from ${host}`, MAX_ASKINGS_PER_HOST),
        // By what was asked, not by who is found: the answer is the same for both.
        pace.take(`for ${to}`, MAX_MAILS_PER_ADDRESS),
      );
      if (waitS > 0) throw tooMany(waitS);
      const isTaken = later(async () => {
        const users = await database.read(everything, (reader) =>
          listUsersByMail(everything, reader, to, MAX_USERS_PER_MAIL),
        );
        for (const user of users) {
          await audit.record({
            actor: signingIn(user, host),
            action: "session.password-asked",
            project: null,
          });
          await sendLink("password", user, to, language);
        }
      });
      if (!isTaken) throw tooMany(60);
    },
    async redeem({ code, password: next, language = "en" }, host) {
      requireHere();
      requireStrong(next);
      await look(code, "password", host);
      const password = await hashPassword(next);
      const user = await database.write(everything, async (tx) => {
        const { link, user: found } = await take(tx, code, "password");
        // The address was changed meanwhile: what was sent to the old one is good for nothing.
        if (found.mail !== link.mail || found.mail_verified_at === null)
          throw fail("mail.link-invalid");
        await updateUser(everything, tx, found.uuid, { password, updated_at: clock.now() });
        await removeMailLinks(everything, tx, found.uuid);
        await removeTokensOf(everything, tx, found.uuid, null);
        await audit.append(tx, {
          ...{ actor: signingIn(found, host), action: "session.password", project: null },
          facts: { by: "mail" },
        });
        tx.afterCommit(tokens.forget);
        return found;
      });
      throttle.right([`name ${user.name}`]);
      const { name, mail } = user;
      if (mail !== null)
        later(() =>
          write("password-changed", language, { name, to: mail }, `${origin()}/app/lost-password`),
        );
    },
    async changeMail(actor, { mail, password, language = "en" }) {
      requirePerson(actor, "session.mail");
      requireHere();
      const user = await database.read(everything, (reader) =>
        findUser(everything, reader, actor.uuid),
      );
      const keys = [`name ${user?.name}`];
      using _try = throttle.begin(keys);
      if (!user || !(await isPassword(user.password, password))) {
        throttle.wrong(keys);
        await audit.record({ actor, action: "session.mail", status: "denied", project: null });
        throw fail("auth.failed");
      }
      throttle.right(keys);
      if (mail === null) {
        await database.write(everything, async (tx) => {
          const set = { mail: null, mail_verified_at: null, updated_at: clock.now() };
          await updateUser(everything, tx, user.uuid, set);
          await removeMailLinks(everything, tx, user.uuid);
          await audit.append(tx, { actor, action: "session.mail", project: null });
        });
        return;
      }
      requireMail();
      const to = plainMail(mail);
      const waitS = pace.take(`for ${to}`, MAX_MAILS_PER_ADDRESS);
      if (waitS > 0) throw tooMany(waitS);
      await audit.record({ actor, action: "session.mail", project: null });
      if (!later(() => sendLink("mail", user, to, language))) throw tooMany(60);
    },
    async confirmMail({ code }, host) {
      await look(code, "mail", host);
      const user = await database.write(everything, async (tx) => {
        const { link, user: found } = await take(tx, code, "mail");
        await removeMailLinks(everything, tx, found.uuid, "mail");
        await updateUser(everything, tx, found.uuid, {
          ...{ mail: link.mail, mail_verified_at: clock.now(), updated_at: clock.now() },
          rev: Number(found.rev) + 1,
        });
        await audit.append(tx, {
          ...{ actor: signingIn(found, host), action: "user.mail-confirmed", project: null },
          resource: { noun: "user", uuid: found.uuid, name: found.name },
        });
        return { ...found, next: link.mail };
      });
      const { name, mail, next } = user;
      if (mail !== null && mail !== next && user.mail_verified_at !== null)
        later(() => write("mail-changed", "en", { name, to: mail }));
    },
    invite(tx, user) {
      const { mail } = user;
      if (mail === null || !driver) return;
      tx.afterCommit(() => void later(() => sendLink("mail", user, mail, "en")));
    },
    async stop() {
      isStopped = true;
      const { promise: enough, resolve } = Promise.withResolvers<void>();
      const timer = clock.after(MAIL_STOP_MS, resolve);
      await Promise.race([last, enough]);
      timer.cancel();
    },
  };
};
