// The agent as a systemd unit. It runs as root only where it may reboot its machine; hardened in either case.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { fail } from "@s4t/contract";
import { makePrivateFolder, writeFileAtomic } from "@s4t/kit/node";
import type { AgentConfig } from "./config.ts";
import { enrolOnly } from "./run.ts";

/** Where the unit is. */
export const unitFile = "/etc/systemd/system/s4t-agent.service";

const quoted = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$")}"`;

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
  ];
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
NoNewPrivileges=${config.rebootCommand === null ? "yes" : "no"}
ProtectSystem=strict
ReadWritePaths=${config.data}
ProtectHome=read-only
PrivateTmp=yes
ProtectKernelTunables=yes
Delegate=yes
RestrictSUIDSGID=yes
LockPersonality=yes
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
