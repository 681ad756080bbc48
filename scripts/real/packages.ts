// Debian packages that the real lane needs, asked for once. Without root they cannot be had: the suites that need them then
// fail and say so, for the real lane promises to leave nothing out.
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { runProgram } from "../repository.ts";

/** File whose presence shows that a package is there, and the package. One line each, in order of name. */
const needed: readonly (readonly [program: string, debianPackage: string])[] = [
  ["/usr/bin/bwrap", "bubblewrap"],
  ["/usr/bin/chromium", "chromium"],
  ["/usr/bin/curl", "curl"],
  ["/usr/bin/faketime", "faketime"],
  ["/usr/sbin/ip", "iproute2"],
  ["/usr/bin/openssl", "openssl"],
  ["/usr/bin/python3", "python3"],
  ["/usr/lib/python3/dist-packages/autobahn/__init__.py", "python3-autobahn"],
  ["/usr/lib/python3/dist-packages/cbor2/__init__.py", "python3-cbor2"],
  ["/usr/bin/strace", "strace"],
  ["/usr/bin/unshare", "util-linux"],
];

/** Where Debian puts programs; `/sbin` and `/usr/sbin` are one folder on a merged system and two on others. */
const folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"];
const isThere = (program: string): boolean =>
  existsSync(program) || folders.some((folder) => existsSync(`${folder}/${basename(program)}`));

/** Installs what is missing, where that is allowed. */
export const bringPackages = async (say: (line: string) => void): Promise<void> => {
  const missing = needed.filter(([program]) => !isThere(program)).map(([, name]) => name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    say(`Not root: the suites that need ${missing.join(", ")} will fail.`);
    return;
  }
  say(`Installing ${missing.join(", ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await runProgram("apt-get", ["update", "-qq"], { env, output: "quiet" });
  const { code, output } = await runProgram(
    "apt-get",
    ["install", "-y", "-qq", "--no-install-recommends", ...missing],
    { env, output: "quiet" },
  );
  if (code !== 0) say(output.slice(-2_000));
};
