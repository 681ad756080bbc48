// Where the agent's folder or Node lies below a folder that other users may not enter (a home of mode 700), a plugin's own user could
// not reach its own code. Then each plugin gets a view of its own, by a mount namespace: in it the closed folder holds nothing but
// what the plugin needs, so that others' rights to it stay as they are. For root alone.
import { statSync } from "node:fs";
import { dirname } from "node:path";

/** Somewhere on every Linux (FHS 3.0, 3.12) to keep mounts for a moment. */
const STAGE = "/mnt";

/** The outermost folder on the way to `path` that others may not pass; undefined where they may pass them all. */
export const wallBefore = (path: string): string | undefined => {
  let wall: string | undefined;
  for (let at = dirname(path); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) wall = at;
    if (at === "/") return wall;
  }
};

/**
 * What is run by `sh`: `cwd WALL… -- PATH… -- COMMAND…`. Holds the paths aside, puts an empty folder over each wall, brings the
 * paths back to where they were, and becomes the command.
 */
const script = `set -e
cwd=$1; shift
mount -t tmpfs -o mode=755 s4t ${STAGE}
i=0 past=
for p; do
  if [ "$p" = -- ]; then [ "$past" ] && break; past=1; continue; fi
  [ "$past" ] || continue
  if [ -d "$p" ]; then mkdir ${STAGE}/$i; else : > ${STAGE}/$i; fi
  mount --bind "$p" ${STAGE}/$i; i=$((i + 1))
done
while [ "$1" != -- ]; do mount -t tmpfs -o mode=755 s4t "$1"; shift; done
shift
i=0
while [ "$1" != -- ]; do
  if [ -d ${STAGE}/$i ]; then mkdir -p "$1"; else mkdir -p "\${1%/*}"; : > "$1"; fi
  mount --move ${STAGE}/$i "$1"; i=$((i + 1)); shift
done
shift
umount ${STAGE}
cd "$cwd"
exec "$@"`;

/** The way through walls, before a command; empty where there are none before these folders. */
export const throughWalls = (
  programs: { readonly unshare: string; readonly sh: string },
  folders: readonly string[],
  cwd: string,
): string[] => {
  const walls = new Set(folders.map(wallBefore).filter((wall) => wall !== undefined));
  if (walls.size === 0) return [];
  // A wall within another falls with it.
  const outermost = [...walls].filter(
    (wall) => ![...walls].some((other) => other !== wall && wall.startsWith(`${other}/`)),
  );
  const behind = folders.filter((folder) =>
    outermost.some((wall) => folder.startsWith(`${wall}/`)),
  );
  // Of folders within one another the outer one brings the inner.
  const brought = behind.filter(
    (folder) => !behind.some((other) => other !== folder && folder.startsWith(`${other}/`)),
  );
  return [
    ...[programs.unshare, "--mount", "--", programs.sh, "-c", script, "sh", cwd],
    ...outermost,
    "--",
    ...new Set(brought),
    "--",
  ];
};
