// Debian packages that the real lane needs, asked for once. Without root they cannot be had: the suites that need them are
// then skipped by name, which the closing summary shows and `.ci/run` refuses.
import { existsSync } from "node:fs";
import { runProgram } from "../repository.ts";

/** Program that shows that a package is there → the package. */
const needed: Readonly<Record<string, string>> = {
  "/usr/bin/chromium": "chromium",
  "/usr/bin/strace": "strace",
  "/usr/bin/curl": "curl",
  "/usr/sbin/ip": "iproute2",
};

/** Installs what is missing, where that is allowed. */
export const bringPackages = async (say: (line: string) => void): Promise<void> => {
  const missing = Object.entries(needed)
    .filter(
      ([program]) => !existsSync(program) && !existsSync(program.replace("/usr/sbin", "/sbin")),
    )
    .map(([, name]) => name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    say(`Not root: the suites that need ${missing.join(", ")} will be skipped.`);
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
