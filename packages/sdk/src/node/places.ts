// Where a user's files of this house are (XDG base directories). Nothing here reads or writes them.
import { homedir } from "node:os";
import { join } from "node:path";

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const folder = (env: Environment, variable: string, ...fallback: string[]): string =>
  // A relative path there is invalid by the standard and ignored.
  env[variable]?.startsWith("/")
    ? join(env[variable], "s4t")
    : join(env.HOME ?? homedir(), ...fallback, "s4t");

/** Files that the SDK keeps or looks for on a user's machine. */
export interface Places {
  /** The saved sign-in of `s4t login`. */
  readonly loginFile: string;
  /** Paths of the data folders of clouds that were started here, one a line, the newest first. */
  readonly currentFile: string;
  /** Data folder of a cloud that was started without saying where. */
  readonly defaultData: string;
  /** Tokens of sign-ins with a password from a data folder. */
  readonly tokenFolder: string;
}

/** The places for this environment. */
export const placesOf = (env: Environment): Places => {
  const state = folder(env, "XDG_STATE_HOME", ".local", "state");
  return {
    loginFile: join(folder(env, "XDG_CONFIG_HOME", ".config"), "login.json"),
    currentFile: join(state, "current"),
    defaultData: join(folder(env, "XDG_DATA_HOME", ".local", "share"), "cloud"),
    tokenFolder: join(state, "tokens"),
  };
};
