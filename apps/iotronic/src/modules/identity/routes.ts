import { rest, type SignedIn } from "@s4t/contract";
import { Answer, implement } from "../../edge/routes.ts";
import { projectOf } from "../../policy/index.ts";
import type { Identity } from "./identity.ts";
import { SIGN_IN_LIFE_S } from "./tokens.ts";

/** Name of the browser's session cookie. */
export const SESSION_COOKIE = "s4t_session";

const cookie = (value: string, lifeS: number, secure: boolean): string =>
  `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${lifeS}${secure ? "; Secure" : ""}`;

/** The browser's cookie of a session. */
export const sessionCookie = (token: string, secure: boolean): string =>
  cookie(token, SIGN_IN_LIFE_S, secure);

/** `secure`: whether the request came over TLS. */
export const identityRoutes = ({
  sessions,
  secondFactors,
  recovery,
  federation,
  users,
  projects,
  credentials,
}: Identity) => [
  ...implement(rest.sessions, {
    signIn: async ({ body, actor, secure, agent }) => {
      const { address } = actor;
      const signedIn: SignedIn =
        body.method === "oidc"
          ? await federation.exchange(body, { address, agent })
          : await sessions.signIn(body, address, agent);
      return new Answer(signedIn, {
        headers: { "set-cookie": sessionCookie(signedIn.token, secure) },
      });
    },
    show: ({ actor }) => sessions.show(actor),
    signOut: async ({ actor, secure }) => {
      await sessions.signOut(actor);
      return new Answer(null, { headers: { "set-cookie": cookie("", 0, secure) } });
    },
    changePassword: async ({ actor, body }) => {
      await sessions.changePassword(actor, body);
      return null;
    },
  }),
  ...implement(rest.secondFactor, {
    show: ({ actor }) => secondFactors.show(actor),
    begin: ({ actor, body }) => secondFactors.begin(actor, body),
    confirm: ({ actor, body }) => secondFactors.confirm(actor, body),
    renewCodes: ({ actor, body }) => secondFactors.renewCodes(actor, body),
    remove: async ({ actor, body }) => {
      await secondFactors.remove(actor, body);
      return null;
    },
    reset: async ({ actor, params }) => {
      await secondFactors.reset(actor, params.uuid);
      return null;
    },
  }),
  ...implement(rest.waysIn, {
    show: async () => ({ lostPassword: recovery.isOn, oidc: [...federation.providers()] }),
  }),
  ...implement(rest.passwordResets, {
    ask: async ({ body, actor }) => {
      await recovery.ask(body, actor.address);
      return null;
    },
    redeem: async ({ body, actor }) => {
      await recovery.redeem(body, actor.address);
      return null;
    },
  }),
  ...implement(rest.mailAddresses, {
    change: async ({ actor, body }) => {
      await recovery.changeMail(actor, body);
      return null;
    },
    confirm: async ({ body, actor }) => {
      await recovery.confirmMail(body, actor.address);
      return null;
    },
  }),
  ...implement(rest.users, {
    list: ({ query }) => users.list(query),
    create: ({ actor, body }) => users.create(actor, body),
    show: ({ params }) => users.show(params.uuid),
    update: ({ actor, params, body, ifMatch }) => users.update(actor, params.uuid, body, ifMatch),
    unlock: async ({ actor, params }) => {
      await users.unlock(actor, params.uuid);
      return null;
    },
    remove: async ({ actor, params, ifMatch }) => {
      await users.remove(actor, params.uuid, ifMatch);
      return null;
    },
  }),
  ...implement(rest.projects, {
    list: ({ actor, query }) => projects.list(actor, query),
    create: ({ actor, body }) => projects.create(actor, body),
    show: ({ actor, params }) => projects.show(actor, params.uuid),
    update: ({ actor, params, body, ifMatch }) =>
      projects.update(actor, params.uuid, body, ifMatch),
    remove: async ({ actor, params, ifMatch }) => {
      await projects.remove(actor, params.uuid, ifMatch);
      return null;
    },
    members: ({ actor, params, query }) => projects.members(actor, params.uuid, query),
    setMember: ({ actor, params, body }) =>
      projects.setMember(actor, params.uuid, params.user, body.role),
    removeMember: async ({ actor, params }) => {
      await projects.removeMember(actor, params.uuid, params.user);
      return null;
    },
  }),
  ...implement(rest.tokens, {
    list: ({ actor, query }) => sessions.listTokens(actor, query),
    create: ({ actor, body, agent }) => sessions.createToken(actor, body, agent),
    endOthers: async ({ actor }) => ({ ended: await sessions.endOthers(actor) }),
    listOf: ({ actor, params, query }) => sessions.listOf(actor, params.uuid, query),
    endOf: async ({ actor, params }) => ({ ended: await sessions.endOf(actor, params.uuid) }),
    revoke: async ({ actor, params }) => {
      await sessions.revokeToken(actor, params.uuid);
      return null;
    },
  }),
  ...implement(rest.credentials, {
    list: ({ actor, query }) => credentials.list(actor, query),
    create: ({ actor, scope, body }) => credentials.create(actor, projectOf(scope), body),
    remove: async ({ actor, params }) => {
      await credentials.remove(actor, params.uuid);
      return null;
    },
  }),
];
