#!/usr/bin/env node
// The door that every command of this repository comes through: `node scripts/bootstrap.mjs COMMAND [ARGS]`.
// It makes the checkout ready (runtime, dependencies, bundles) and then becomes the command. It is plain JavaScript without
// dependencies, because it runs before anything is there, under whatever Node the machine has.
// It does not decide anything about the product: that is `scripts/commands/` and the programs' own `main.ts`.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = 24; // node:sqlite and type stripping without a flag
const [command = "start", ...args] = process.argv.slice(2);
const say = (line) => process.stderr.write(`${line}\n`);

if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) {
  say(
    `Stack4Things runs on Linux x64 and arm64; this machine is ${process.platform} ${process.arch}. A Linux virtual machine or container will do.`,
  );
  process.exit(69);
}

/** The hash of files, as a stamp that says "made from exactly these". */
const stampOf = (...files) => {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
};
const isFresh = (stampFile, stamp) =>
  existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp;

const install = (directory, env, what) => {
  const started = Date.now();
  say(`${what} …`);
  const done = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: directory,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (done.status !== 0) {
    say(done.stdout ?? "");
    say(done.stderr ?? String(done.error));
    say(
      `Could not finish: ${what}. Is the npm registry reachable? Run the same command to try again.`,
    );
    process.exit(69);
  }
  say(`${what}: done in ${((Date.now() - started) / 1000).toFixed(0)} s`);
};

/** Path of a Node that is new enough: the machine's own, or the pinned one in `.runtime/`. */
const runtime = () => {
  if (Number(process.versions.node.split(".")[0]) >= OLDEST_NODE) return process.execPath;
  const home = join(root, ".runtime");
  const binary = join(home, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  const pins = ["package.json", "package-lock.json"].map((f) => join(root, "scripts/runtime", f));
  const stamp = stampOf(...pins);
  if (!(existsSync(binary) && isFresh(join(home, "stamp"), stamp))) {
    mkdirSync(home, { recursive: true });
    for (const pin of pins) copyFileSync(pin, join(home, pin.slice(pin.lastIndexOf("/") + 1)));
    install(
      home,
      process.env,
      `Bringing the pinned runtime (this machine's Node is ${process.versions.node}, 24 or newer is needed)`,
    );
    writeFileSync(join(home, "stamp"), stamp);
  }
  return binary;
};

const node = runtime();
const env = {
  ...process.env,
  PATH: [dirname(node), join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter),
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, ".cache", "compile"),
};

const dependencies = () => {
  const lock = join(root, "package-lock.json");
  const stampFile = join(root, "node_modules", ".s4t-stamp");
  if (isFresh(stampFile, stampOf(lock))) return;
  if (existsSync(join(root, "node_modules", ".failed")))
    rmSync(join(root, "node_modules"), { recursive: true });
  const before = readFileSync(lock, "utf8");
  install(root, env, "Installing dependencies (about a minute, once)");
  if (process.env.CI && readFileSync(lock, "utf8") !== before) {
    say(
      "package-lock.json changed during the installation: commit the lock file that belongs to package.json.",
    );
    process.exit(1);
  }
  writeFileSync(stampFile, stampOf(lock));
};

dependencies();
// From here on everything is TypeScript, run as it is.
const child = spawn(
  node,
  [
    "--conditions=source",
    "--disable-warning=ExperimentalWarning",
    join(root, "scripts", "run.ts"),
    command,
    ...args,
  ],
  { stdio: "inherit", env, cwd: command === "s4t" ? process.cwd() : root },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  say(String(error));
  process.exit(70);
});
child.on("exit", (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
});
