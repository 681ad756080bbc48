import { createClient, type SignedIn } from "@s4t/sdk";
import {
  originOf,
  placesOf,
  readLogin,
  removeLogin,
  saveLogin,
  trustingFetch,
} from "@s4t/sdk/node";
import type { Command } from "commander";
import { examples, run } from "../context.ts";
import { isS4tErrorLike } from "../errors.ts";
import { codeFromBrowser } from "../loopback.ts";
import { askCode, askName, readSecret } from "../secret.ts";

export const registerLogin = (program: Command): void => {
  const login = program
    .command("login")
    .description("sign in to a cloud and remember it")
    .argument("[address]", "such as https://cloud.example:8812")
    .option("--name <user>", "user name")
    .option("--password-file <file>", "file with the password; - for standard input")
    .option(
      "--credential <id>",
      "sign in with an application credential; --password-file has its secret",
    )
    .option(
      "--code <code>",
      "of the second factor; it is good once, and asked for where it is needed",
    )
    .option("--oidc <provider>", "sign in by a browser on this machine")
    .option("--ca <file>", "PEM of the cloud's own authority");
  examples(
    login,
    "login https://10.0.0.1:8812 --name chiara --ca ./ca.pem",
    "login https://cloud.example:8812 --oidc city",
    "login http://127.0.0.1:8812 --credential ID --password-file ./secret",
  );
  run(
    login,
    async (
      { cloud, out, signal },
      [address],
      options: {
        name?: string;
        passwordFile?: string;
        credential?: string;
        code?: string;
        oidc?: string;
        ca?: string;
      },
    ) => {
      const { readFile } = await import("node:fs/promises");
      const ca = options.ca === undefined ? undefined : await readFile(options.ca, "utf8");
      const url = originOf(address ?? cloud().url);
      const client = createClient({ url, fetch: trustingFetch({ ca }) });
      const keep = ({ token, session }: SignedIn): void => {
        saveLogin(placesOf(process.env).loginFile, {
          url,
          username: session.user.name,
          token,
          expiresAt: session.expiresAt,
          ca: ca ?? null,
        });
        out.thing({ url, name: session.user.name, status: "signed in" }, [
          ["signed in", `${session.user.name} at ${url}, until ${session.expiresAt}`],
        ]);
      };
      if (options.oidc !== undefined) {
        const tell = (page: string) => out.note(`Open this in a browser on this machine:\n${page}`);
        const body = await codeFromBrowser(url, options.oidc, tell, signal);
        return keep(await client.sessions.signIn({ body: { method: "oidc", ...body } }));
      }
      const name = options.credential ?? options.name ?? (await askName());
      const password = await readSecret(options.passwordFile, "Password");
      const byPassword = (code: string | undefined): Promise<SignedIn> =>
        client.sessions.signIn({ body: { method: "password", name, password, code } });
      keep(
        options.credential === undefined
          ? await byPassword(options.code).catch(async (error: unknown) => {
              if (!isS4tErrorLike(error) || error.code !== "auth.code-needed") throw error;
              return byPassword(await askCode());
            })
          : await client.sessions.signIn({
              body: { method: "credential", id: options.credential, secret: password },
            }),
      );
    },
  );
};

export const registerLogout = (program: Command): void => {
  const logout = program.command("logout").description("end the remembered sign-in and forget it");
  examples(logout, "logout");
  run(logout, async ({ out, signal }) => {
    const { loginFile } = placesOf(process.env);
    const saved = readLogin(loginFile);
    if (!saved) return out.line("Nobody was signed in.");
    // Forgotten first: it counts even when the cloud is gone, which is then said.
    removeLogin(loginFile);
    const { url, token, ca } = saved;
    const fetch = trustingFetch({ ca: ca ?? undefined });
    await createClient({ url, auth: token, fetch, signal }).sessions.signOut();
    out.thing({ url, name: saved.username, status: "signed out" }, [["signed out", url]]);
  });
};

export const registerWhoami = (program: Command): void => {
  const whoami = program.command("whoami").description("who am I, and where");
  examples(whoami, "whoami", "whoami --json");
  run(whoami, async ({ client, cloud, out }) => {
    const session = await client().sessions.show();
    out.thing({ ...session, url: cloud().url }, [
      ["cloud", `${cloud().url} (${cloud().foundBy})`],
      ["user", session.user.name],
      ["administrator", session.user.admin ? "yes" : "no"],
      ["projects", session.projects.map(({ name, role }) => `${name} (${role})`).join(", ")],
    ]);
  });
};
