// How a program says who it is. A browser says nothing: its cookie does.

/** Where bearer tokens come from. `renew` is asked once when the cloud says that the token has ended. */
export interface TokenSource {
  token(): string | undefined | Promise<string | undefined>;
  renew?(): Promise<string | undefined>;
}

/** A bearer token, or where to get one. */
export type Auth = string | TokenSource;

/** The token of now; `undefined` where there is none (a browser with its cookie, or a public endpoint). */
export const tokenOf = async (auth: Auth | undefined): Promise<string | undefined> =>
  typeof auth === "object" ? auth.token() : auth;
