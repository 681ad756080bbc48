// The agent as a systemd unit, hardened: it changes its own folder and those of `--files`, nothing else. Only where a shell for
// work was asked for (`--shell-user`) is the machine as open to it as to that user.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { fail } from "@s4t/contract";
import { systemClock } from "@s4t/kit";
import { makePrivateFolder, writeFileAtomic } from "@s4t/kit/node";
import { openAccess } from "./access/access.ts";
import { defaultAllowed } from "./access/allowed.ts";
import type { AccessConfig, AgentConfig } from "./config.ts";
import { enrolOnly } from "./run.ts";

/** Where the unit is. */
export const unitFile = "/etc/systemd/system/s4t-agent.service";

const quoted = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$")}"`;

const accessArguments = ({ allow, shell, files }: AccessConfig): string[] => [
  ...(allow === defaultAllowed ? [] : allow.flatMap((endpoint) => ["--allow", endpoint])),
  ...(shell === "off" ? ["--shell", "off"] : []),
  ...(shell !== "off" && shell.user !== null ? ["--shell-user", shell.user] : []),
  ...(files ?? []).flatMap((folder) => ["--files", folder]),
];

/** Whether somebody asked for a shell to work with. One that nobody asked for sees the machine as the agent does: read-only. */
const isShellWanted = ({ shell }: AccessConfig): boolean => shell !== "off" && shell.user !== null;

/** What keeps the agent, and the shells that it opens, from changing the machine. */
const hardening = (folders: readonly string[]): string => `ProtectSystem=strict
ReadWritePaths=${folders.join(" ")}
ProtectHome=read-only
PrivateTmp=yes
ProtectKernelTunables=yes
RestrictSUIDSGID=yes
LockPersonality=yes
`;

const pathIn = (path: string): string => (/[\s"'\\%$]/.test(path) ? quoted(path) : path);

/** The unit's text. No secret stands in it: the board was enrolled before. */
export const unitText = (program: readonly string[], config: AgentConfig): string => {
  const args = [
    "run",
    "--data",
    config.data,
    ...(config.url === null ? [] : ["--url", config.url]),
    ...(config.rebootCommand === null
      ? []
      : ["--reboot-command", JSON.stringify(config.rebootCommand)]),
    ...accessArguments(config.access),
  ];
  const isOpen = isShellWanted(config.access);
  const folders = [config.data, ...(config.access.files ?? [])].map(pathIn);
  return `[Unit]
Description=Stack4Things agent (Lightning-rod)
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=${[...program, ...args].map(quoted).join(" ")}
Environment=${quoted(`NODE_COMPILE_CACHE=${config.data}/compile-cache`)}
Restart=always
RestartSec=2
RestartPreventExitStatus=64 77 78
TimeoutStopSec=5
NoNewPrivileges=${config.rebootCommand === null && !isOpen ? "yes" : "no"}
${isOpen ? "" : hardening(folders)}Delegate=yes
UMask=0077

[Install]
WantedBy=multi-user.target
`;
};

const systemctl = (...args: string[]): void => {
  const { status, stderr } = spawnSync("systemctl", args, { encoding: "utf8" });
  if (status !== 0)
    throw fail("board.failed", { because: `systemctl ${args.join(" ")}: ${stderr.trim()}` });
};

const requireSystemd = (): void => {
  if (process.getuid?.() !== 0)
    throw fail("config.invalid", {
      setting: "install",
      because: "needs root: a unit is the whole machine's. In the foreground: run",
    });
  if (!existsSync("/run/systemd/system"))
    throw fail("config.invalid", {
      setting: "install",
      because: "systemd does not run here. In the foreground: run",
    });
};

/** Enrols, then writes, enables and starts the unit: what is wrong with the enrolment is seen here, not in a journal. */
export const install = async (config: AgentConfig): Promise<number> => {
  requireSystemd();
  openAccess(config.access, systemClock); // what is wrong with it is said here, not in a journal
  makePrivateFolder(config.data);
  await enrolOnly(config);
  writeFileAtomic(unitFile, unitText([process.execPath, process.argv[1] ?? ""], config), {
    mode: 0o600,
  });
  systemctl("daemon-reload");
  systemctl("enable", "--now", "s4t-agent.service");
  process.stdout.write("The agent runs as s4t-agent.service. Look: journalctl -u s4t-agent -f\n");
  return 0;
};

/** Takes the unit away; identity and data stay. */
export const uninstall = async (): Promise<number> => {
  requireSystemd();
  if (!existsSync(unitFile))
    throw fail("config.invalid", { setting: "uninstall", because: "there is no unit of ours" });
  systemctl("disable", "--now", "s4t-agent.service");
  rmSync(unitFile);
  systemctl("daemon-reload");
  process.stdout.write("The unit is gone. The board's identity is kept in its data folder.\n");
  return 0;
};
