// Users of this machine, as its password file has them.
import { readFileSync } from "node:fs";

/** A user who may have a shell. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

const parseLine = (line: string): SystemUser | undefined => {
  const [name = "", , uid = "", gid = "", , home = "/", shell = ""] = line.split(":");
  if (name === "" || uid === "") return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home, shell: shell || "/bin/sh" };
};

const find = (matches: (user: SystemUser) => boolean): SystemUser | undefined => {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const user = parseLine(line);
    if (user && matches(user)) return user;
  }
  return undefined;
};

/** The user of that name. */
export const findUser = (name: string): SystemUser | undefined =>
  find((user) => user.name === name);

/** Who runs this process; made up where the password file does not know them. */
export const ownUser = (): SystemUser => {
  const uid = process.getuid?.() ?? 0;
  return (
    find((user) => user.uid === uid) ?? {
      name: String(uid),
      uid,
      gid: process.getgid?.() ?? 0,
      home: process.env.HOME ?? "/",
      shell: "/bin/sh",
    }
  );
};
