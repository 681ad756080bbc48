/** What a provider of OpenID Connect needs. */
export interface OidcOptions {
  /** Its issuer, whose `/.well-known/openid-configuration` says everything else; `http:` on loopback only. */
  readonly issuer: string;
  readonly clientId: string;
  /** null: a public client, by PKCE alone. */
  readonly clientSecret: string | null;
  /** With blanks, `openid` among them. */
  readonly scopes: string;
  /** Claim that a person's name is taken from. */
  readonly nameClaim: string;
}
