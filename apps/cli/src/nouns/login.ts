import { createClient, fail } from "@s4t/sdk";
import { placesOf, removeLogin, saveLogin, trustingFetch } from "@s4t/sdk/node";
import type { Command } from "commander";
import { examples, run } from "../context.ts";

export const register = (program: Command): void => {
  const login = program
    .command("login")
    .description("sign in to a cloud and remember it")
    .argument("[address]", "such as https://cloud.example:8812")
    .option("--name <user>", "user name")
    .option("--password-file <file>", "file with the password; - for standard input")
    .option("--ca <file>", "PEM of the cloud's own authority");
  examples(login, "login https://10.0.0.1:8812 --name chiara --ca ./ca.pem");
  run(
    login,
    async (
      { cloud, out },
      [address],
      options: { name?: string; passwordFile?: string; ca?: string },
    ) => {
      const { readFile } = await import("node:fs/promises");
      const ca = options.ca === undefined ? undefined : await readFile(options.ca, "utf8");
      const url = address ?? cloud().url;
      const ask = async (what: "name" | "password"): Promise<string> => {
        if (!process.stdin.isTTY)
          throw fail("config.invalid", {
            setting: what === "name" ? "--name" : "--password-file",
            because: "is needed where nobody can be asked",
          });
        const prompts = await import("@clack/prompts");
        const answer =
          what === "name"
            ? await prompts.text({ message: "User name" })
            : await prompts.password({ message: "Password" });
        if (prompts.isCancel(answer)) throw fail("request.canceled");
        return answer;
      };
      const name = options.name ?? (await ask("name"));
      const password =
        options.passwordFile === undefined
          ? await ask("password")
          : (
              await readFile(
                options.passwordFile === "-" ? "/dev/stdin" : options.passwordFile,
                "utf8",
              )
            ).replace(/\r?\n$/, "");
      const client = createClient({ url, fetch: trustingFetch({ ca }) });
      const { token, session } = await client.sessions.signIn({
        body: { method: "password", name, password },
      });
      saveLogin(placesOf(process.env).loginFile, {
        url,
        username: name,
        token,
        expiresAt: session.expiresAt,
        ca: ca ?? null,
      });
      out.thing({ url, name, status: "signed in" }, [
        ["signed in", `${name} at ${url}, until ${session.expiresAt}`],
      ]);
    },
  );

  const logout = program.command("logout").description("end the remembered sign-in and forget it");
  examples(logout, "logout");
  run(logout, async ({ client, out }) => {
    await client()
      .sessions.signOut()
      .catch(() => undefined); // the cloud may be gone: forgetting still counts
    removeLogin(placesOf(process.env).loginFile);
    out.thing({ status: "signed out" }, [["signed out", ""]]);
  });

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
