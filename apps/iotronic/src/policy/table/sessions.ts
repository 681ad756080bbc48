import { anyone, using } from "../row.ts";

/** A person's own ways in: sessions, tokens, application credentials. */
export const sessionPolicy = {
  "session.show": anyone,
  "session.end": anyone,
  "session.password": anyone,
  "session.mail": anyone,
  "token.list": anyone,
  "token.create": anyone,
  "token.revoke": anyone,
  "token.end-others": anyone,
  "credential.list": anyone,
  "credential.create": using,
  "credential.remove": anyone,
} as const;
