// Realms of a config → realms of a router.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { anonymousAuthenticator } from "../../auth/anonymous.ts";
import type { Authenticator } from "../../auth/authenticator.ts";
import { cryptosignAuthenticator } from "../../auth/cryptosign.ts";
import { ticketAuthenticator } from "../../auth/ticket.ts";
import { craAuthenticator } from "../../auth/wampcra.ts";
import { permissionAuthorizer } from "../../router/permissions.ts";
import type { RealmOptions } from "../../router/router.ts";
import { trustByRules } from "../../router/trust-levels.ts";
import { verifyEd25519 } from "../ed25519.ts";
import type { JoinConfig, RealmConfig } from "./config.ts";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

const authenticatorOf = (join: JoinConfig): Authenticator => {
  switch (join.method) {
    case "anonymous":
      return anonymousAuthenticator(join.role);
    case "ticket": {
      const users = new Map(join.users.map((user) => [user.authid, user]));
      return ticketAuthenticator((ticket, { authid }) => {
        const user = users.get(authid ?? "");
        const isRight = timingSafeEqual(digest(user?.ticket ?? ""), digest(ticket));
        return user && isRight ? { authid: user.authid, authrole: user.role } : undefined;
      });
    }
    case "wampcra": {
      const users = new Map(join.users.map((user) => [user.authid, user]));
      const salted = join.users.find(({ salting }) => salting)?.salting;
      return craAuthenticator({
        randomBytes: (size) => randomBytes(size),
        now: Date.now,
        ...(salted && join.strangersSecret !== undefined
          ? {
              strangers: {
                secret: join.strangersSecret,
                saltLength: Math.min(44, salted.salt.length),
                iterations: salted.iterations,
                keylen: salted.keylen,
              },
            }
          : {}),
        find(authid) {
          const user = users.get(authid);
          if (!user) return undefined;
          const principal = { authid, authrole: user.role };
          return {
            ...{ principal, secret: user.secret },
            ...(user.salting ? { salting: user.salting } : {}),
          };
        },
      });
    }
    case "cryptosign": {
      const users = new Map(join.users.map((user) => [user.publicKey, user]));
      return cryptosignAuthenticator({
        verify: verifyEd25519,
        randomBytes: (size) => randomBytes(size),
        channelBinding: join.channelBinding,
        findPrincipal(publicKey) {
          const user = users.get(publicKey);
          return user && { authid: user.authid, authrole: user.role };
        },
      });
    }
  }
};

/** What a router is made of for this realm. */
export const realmOptionsOf = ({
  join,
  roles,
  trustLevels,
  ...realm
}: RealmConfig): RealmOptions => ({
  ...realm,
  ...(trustLevels ? { trust: trustByRules(trustLevels) } : {}),
  authenticators: join.map(authenticatorOf),
  authorize: permissionAuthorizer(roles),
});
