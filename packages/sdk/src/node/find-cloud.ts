// Which cloud a program on this machine means, and as whom. The order: what was said (`url`, S4T_URL with S4T_TOKEN), the data
// folder that was named (S4T_DATA), the saved sign-in, the cloud that this user started last of those that run.
import { join } from "node:path";
import { fail } from "@s4t/contract";
import { systemClock } from "@s4t/kit";
import { readFileIfThere } from "@s4t/kit/node";
import type { ClientOptions, TokenSource } from "@s4t/sdk";
import { isRunning, knownFolders } from "./known-clouds.ts";
import { readJsonFile, readLogin, type SavedLogin } from "./login.ts";
import { type Environment, placesOf } from "./places.ts";
import { passwordTokens } from "./sign-in.ts";
import { trustingFetch } from "./trusting-fetch.ts";

/** Where a cloud listens unless told otherwise. */
export const DEFAULT_CLOUD_URL = "http://127.0.0.1:8812";

/** How a cloud was found. */
export type FoundBy = "argument" | "environment" | "data folder" | "saved sign-in" | "started here";

/** A cloud, and everything that a client of it needs. */
export interface FoundCloud extends ClientOptions {
  readonly foundBy: FoundBy;
  /** PEM of the authority to trust for it, where it is not the machine's. */
  readonly ca: string | undefined;
}

/** What may be known beforehand. */
export interface FindOptions {
  readonly env: Environment;
  /** Overrides every other way to find the address. */
  readonly url?: string | undefined;
  /** Overrides every other token. */
  readonly token?: string | undefined;
  readonly now?: () => number;
}

interface DataFolder {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly ca: string | undefined;
}

const readData = (folder: string): DataFolder | undefined => {
  const path = join(folder, "admin.json");
  const found = readJsonFile(path);
  if (!found) return undefined;
  const { url, username, password } = found;
  if (typeof url !== "string" || typeof username !== "string" || typeof password !== "string")
    throw fail("file.unusable", { file: path, because: "it is damaged" });
  return { url, username, password, ca: readFileIfThere(join(folder, "ca.pem")) };
};

/** Whether a folder says how to sign in; one that is damaged is no matter of a cloud elsewhere. */
const isReadable = (folder: string): boolean => {
  try {
    return readData(folder) !== undefined;
  } catch {
    return false;
  }
};

/** The origin of an address that somebody wrote; throws `config.invalid`. */
export const originOf = (url: string): string => {
  try {
    const parsed = new URL(url);
    if (parsed.protocol === "http:" || parsed.protocol === "https:") return parsed.origin;
  } catch {
    // said below, with the same words
  }
  throw fail("config.invalid", {
    setting: "url",
    because: `“${url}” is not an address such as ${DEFAULT_CLOUD_URL}`,
  });
};

/** Finds the cloud; throws `cloud.unreachable` when there is none to be found. */
export const findCloud = (options: FindOptions): FoundCloud => {
  const { env } = options;
  const now = options.now ?? systemClock.now;
  const places = placesOf(env);
  const said = options.url ?? env.S4T_URL;
  const token = options.token ?? env.S4T_TOKEN;

  const byPassword = (data: DataFolder, foundBy: FoundBy): FoundCloud => {
    const fetch = trustingFetch({ ca: data.ca });
    const url = originOf(data.url);
    const auth: string | TokenSource =
      token ?? passwordTokens({ ...data, url, fetch, now, tokenFolder: places.tokenFolder });
    return { url, auth, fetch, ca: data.ca, foundBy };
  };
  const byLogin = (login: SavedLogin, foundBy: FoundBy): FoundCloud => {
    const ca = login.ca ?? undefined;
    const fetch = trustingFetch({ ca });
    return { url: originOf(login.url), auth: token ?? login.token, fetch, ca, foundBy };
  };
  const startedHere = (): DataFolder | undefined => {
    const folders = knownFolders(places);
    // Where none runs, the one that was started last is the one to say that it does not answer.
    for (const folder of [...folders.filter(isRunning), ...folders]) {
      const data = readData(folder);
      if (data) return data;
    }
    return undefined;
  };

  const named = env.S4T_DATA ? readData(env.S4T_DATA) : undefined;
  if (said !== undefined && said !== "") {
    const url = originOf(said);
    const foundBy = options.url === undefined ? "environment" : "argument";
    // An address alone may still be one that we have a sign-in for.
    if (named && originOf(named.url) === url) return byPassword(named, foundBy);
    const login = readLogin(places.loginFile);
    if (login && originOf(login.url) === url) return byLogin(login, foundBy);
    if (token === undefined || url.startsWith("https:"))
      for (const folder of knownFolders(places).filter(isReadable)) {
        const here = readData(folder);
        if (here && originOf(here.url) === url) return byPassword(here, foundBy);
      }
    return { url, auth: token, fetch: trustingFetch(), ca: undefined, foundBy };
  }
  if (named) return byPassword(named, "data folder");
  if (env.S4T_DATA)
    throw fail("config.invalid", {
      setting: "S4T_DATA",
      because: `no cloud was started yet with the folder ${env.S4T_DATA}`,
    });
  const login = readLogin(places.loginFile);
  if (login) return byLogin(login, "saved sign-in");
  const here = startedHere();
  if (here) return byPassword(here, "started here");
  throw fail("cloud.unreachable", {
    url: DEFAULT_CLOUD_URL,
    because: "none was started by this user, and none was signed in to",
  });
};
