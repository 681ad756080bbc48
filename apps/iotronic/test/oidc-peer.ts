// Providers of OpenID Connect: npm oidc-provider, with a person who signs in by its pages; and one of ours that forges what it is told to.
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { text } from "node:stream/consumers";

export const client = { id: "city", secret: "a secret of the city" };

/** What the provider says of a person, by the name that they sign in with there. */
export type Claims = Readonly<Record<string, unknown>>;

const listen = async (handler: RequestListener): Promise<{ server: Server; url: string }> => {
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as { port: number }).port}` };
};

export interface OidcPeer {
  readonly url: string;
  readonly people: Map<string, Claims>;
  /** From now on it hangs up on whoever asks, or does not. */
  away(isAway: boolean): void;
  close(): void;
}

/** The real one. `callback`: where it may send browsers back to. */
export const openOidcPeer = async (callback: string): Promise<OidcPeer> => {
  const people = new Map<string, Claims>();
  let handler: RequestListener = () => {};
  let isGone = false;
  const { server, url } = await listen((request, response) => {
    if (isGone) request.socket.destroy();
    else handler(request, response);
  });
  const { Provider } = (await import("oidc-provider")) as unknown as {
    Provider: new (issuer: string, options: object) => { callback(): RequestListener };
  };
  const provider = new Provider(url, {
    clients: [
      {
        ...{ client_id: client.id, client_secret: client.secret },
        redirect_uris: [callback],
        id_token_signed_response_alg: "RS256",
      },
    ],
    claims: { profile: ["preferred_username", "groups"], email: ["email", "email_verified"] },
    cookies: { keys: ["tests"] },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, ...people.get(id) }),
    }),
    pkce: { required: () => true },
  });
  handler = provider.callback();
  return {
    ...{ url, people },
    away: (isAway) => {
      isGone = isAway;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
};

/** A browser: keeps cookies of each host, follows redirects until it is back, fills in the provider's forms. */
export const browse = () => {
  const jars = new Map<string, Map<string, string>>();
  const go = async (url: string, form?: Readonly<Record<string, string>>) => {
    const { host } = new URL(url);
    const jar = jars.get(host) ?? new Map<string, string>();
    jars.set(host, jar);
    const answer = await fetch(url, {
      redirect: "manual",
      method: form ? "POST" : "GET",
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "" || /Max-Age=0|1970/.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  };
  /** Goes there and on, signing in as somebody on the way; answers the last address that was not the provider's, unvisited. */
  const signInAt = async (start: string, provider: string, name: string): Promise<string> => {
    let at = start;
    let form: Record<string, string> | undefined;
    for (let i = 0; i < 20; i += 1) {
      const answer = await go(at, form);
      form = undefined;
      const to = answer.headers.get("location");
      if (to !== null) {
        const next = new URL(to, at).href;
        if (!next.startsWith(provider) && at.startsWith(provider)) return next;
        at = next;
        continue;
      }
      const page = await answer.text();
      const action = /action="([^"]+)"/.exec(page)?.[1];
      if (!action) throw new Error(`no way on from ${at}: ${answer.status} ${page.slice(0, 300)}`);
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? "";
      at = new URL(action, at).href;
      form = prompt === "login" ? { prompt, login: name, password: "x" } : { prompt };
    }
    throw new Error("went in a circle");
  };
  return { go, signInAt, jars };
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What a forger changes of an ID token that would be right. */
export interface Forgery {
  readonly claims?: Claims;
  readonly header?: Claims;
  /** Signs by a key that it does not publish, or not at all. */
  readonly signature?: "foreign" | "none";
  /** Member `iss` of the way back (RFC 9207). */
  readonly iss?: string;
  readonly isSilent?: boolean;
}

/** One that answers as it is told. It checks the PKCE verifier as a provider must. */
export const openForger = async () => {
  const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const asked = new Map<string, URLSearchParams>();
  let forgery: Forgery = {};
  let url = "";
  const idToken = (query: URLSearchParams): string => {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      ...{ iss: url, aud: client.id, sub: "forged-1", iat: now, exp: now + 300 },
      nonce: query.get("nonce"),
      preferred_username: "forged",
      ...forgery.claims,
    };
    const header = { alg: "RS256", kid: "k", ...forgery.header };
    const body = `${encode(header)}.${encode(claims)}`;
    if (forgery.signature === "none") return `${body}.`;
    const key = forgery.signature === "foreign" ? foreign.privateKey : keys.privateKey;
    return `${body}.${sign("sha256", Buffer.from(body), key).toString("base64url")}`;
  };
  const made = await listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    const json = (value: unknown, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (forgery.isSilent) return request.socket.destroy();
    if (pathname === "/.well-known/openid-configuration")
      return json({
        issuer: url,
        authorization_endpoint: `${url}/auth`,
        token_endpoint: `${url}/token`,
        jwks_uri: `${url}/keys`,
        authorization_response_iss_parameter_supported: true,
      });
    if (pathname === "/keys")
      return json({
        keys: [{ ...keys.publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256", use: "sig" }],
      });
    if (pathname === "/auth") {
      const code = randomBytes(8).toString("hex");
      asked.set(code, searchParams);
      const back = new URL(searchParams.get("redirect_uri") ?? "");
      back.search = new URLSearchParams({
        ...{ code, state: searchParams.get("state") ?? "", iss: forgery.iss ?? url },
      }).toString();
      return response.writeHead(302, { location: back.href }).end();
    }
    const body = new URLSearchParams(await text(request));
    const query = asked.get(body.get("code") ?? "");
    asked.delete(body.get("code") ?? "");
    const hash = createHash("sha256")
      .update(body.get("code_verifier") ?? "")
      .digest("base64url");
    if (!query || hash !== query.get("code_challenge"))
      return json({ error: "invalid_grant" }, 400);
    return json({ access_token: "x", token_type: "Bearer", id_token: idToken(query) });
  });
  url = made.url;
  return {
    url,
    forge: (next: Forgery) => {
      forgery = next;
    },
    close() {
      made.server.close();
      made.server.closeAllConnections();
    },
  };
};
