// A token from a password that lies in a file of ours, kept in a private file until shortly before it ends, so that not every
// command signs in anew.
import { join } from "node:path";
import { sha256Hex } from "@s4t/kit/node";
import { createClient, type Fetch, type TokenSource } from "@s4t/sdk";
import { readJsonFile, writePrivateJson } from "./login.ts";

/** A token that ends sooner than this is not used any more: a command may run for a while. */
export const TOKEN_RESERVE_MS = 60_000;

/** With what to sign in, and where to keep what comes of it. */
export interface PasswordSignIn {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly tokenFolder: string;
  readonly fetch: Fetch;
  readonly now: () => number;
}

/** Tokens by password: from the file while good, else by signing in. */
export const passwordTokens = (options: PasswordSignIn): TokenSource => {
  const { url, username, password, fetch, now } = options;
  // The password is part of the name: a cloud that was set up anew must not be met with an old cloud's token.
  const name = sha256Hex(JSON.stringify([url, username, password])).slice(0, 32);
  const file = join(options.tokenFolder, `${name}.json`);

  const renew = async (): Promise<string> => {
    const client = createClient({ url, fetch });
    const { token, session } = await client.sessions.signIn({
      body: { method: "password", name: username, password },
    });
    try {
      writePrivateJson(file, { url, token, expiresAt: session.expiresAt });
    } catch {
      // A home that cannot be written only costs a sign-in per command.
    }
    return token;
  };

  return {
    token() {
      const kept = readJsonFile(file);
      const endsMs = typeof kept?.expiresAt === "string" ? Date.parse(kept.expiresAt) : Infinity;
      if (typeof kept?.token === "string" && endsMs - TOKEN_RESERVE_MS > now()) return kept.token;
      return renew();
    },
    renew,
  };
};
