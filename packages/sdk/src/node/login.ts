// The saved sign-in: what `s4t login` leaves behind for the commands after it, readable by its user only.
import { dirname } from "node:path";
import { fail } from "@s4t/contract";
import {
  makePrivateFolder,
  readFileIfThere,
  removeFileDurably,
  writeFileAtomic,
} from "@s4t/kit/node";

/** A sign-in as it is kept. */
export interface SavedLogin {
  readonly url: string;
  readonly username: string;
  readonly token: string;
  readonly expiresAt: string | null;
  /** PEM of the authority that vouches for the cloud; null where the machine's own do. */
  readonly ca: string | null;
}

/** Text members of a JSON file; `undefined` where there is no such file. Throws `file.unusable` for anything else. */
export const readJsonFile = (path: string): Readonly<Record<string, unknown>> | undefined => {
  let text: string | undefined;
  try {
    text = readFileIfThere(path);
    if (text === undefined) return undefined;
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    const because = text === undefined ? "this user may not read it" : "it is damaged";
    throw fail("file.unusable", { file: path, because }, cause);
  }
  throw fail("file.unusable", { file: path, because: "it is damaged" });
};

/** Reads a saved sign-in. */
export const readLogin = (path: string): SavedLogin | undefined => {
  const found = readJsonFile(path);
  if (!found) return undefined;
  const { url, username, token, expiresAt, ca } = found;
  if (typeof url !== "string" || typeof token !== "string")
    throw fail("file.unusable", { file: path, because: "it is damaged; sign in again" });
  return {
    url,
    token,
    username: typeof username === "string" ? username : "",
    expiresAt: typeof expiresAt === "string" ? expiresAt : null,
    ca: typeof ca === "string" ? ca : null,
  };
};

/** Writes a private JSON file, mode 600 in a folder of mode 700. */
export const writePrivateJson = (path: string, value: unknown): void => {
  makePrivateFolder(dirname(path));
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
};

/** Keeps a sign-in. */
export const saveLogin = (path: string, login: SavedLogin): void => writePrivateJson(path, login);

/** Forgets it. */
export const removeLogin = (path: string): void => removeFileDurably(path);
