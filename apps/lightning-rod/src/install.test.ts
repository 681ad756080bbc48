import { join } from "node:path";
import { expect, it } from "vitest";
import { readAgentConfig } from "./config.ts";
import { unitText } from "./install.ts";

const textOf = (...args: string[]) =>
  unitText(["/opt/s4t agent/node", "/opt/a$b/agent.mjs"], readAgentConfig(args));

it("writes a unit that runs the agent again whenever it ends, and holds no secret", () => {
  const text = textOf("--data", "/var/lib/s4t-agent", "--enrol", "s4t1:c2VjcmV0");
  expect(text).not.toContain("s4t1:");
  expect(text).toContain('ExecStart="/opt/s4t agent/node" "/opt/a$$b/agent.mjs" "run" "--data"');
  expect(text).toContain("Restart=always");
  // What no further try changes is not tried again: a withdrawn key, a damaged setting.
  expect(text).toContain("RestartPreventExitStatus=64 77 78");
  expect(text).toContain("ReadWritePaths=/var/lib/s4t-agent");
  expect(text).toContain("NoNewPrivileges=yes");
});

it("keeps a reboot command as its own arguments, and lets it have the rights that it needs", () => {
  const text = textOf("--reboot-command", '["/sbin/reboot","--force","50% \\"now\\""]');
  expect(text).toContain(
    '"--reboot-command" "[\\"/sbin/reboot\\",\\"--force\\",\\"50%% \\\\\\"now\\\\\\"\\"]"',
  );
  expect(text).toContain("NoNewPrivileges=no");
});

it("keeps what its owner lets others reach, and opens the machine only to a shell that was asked for", () => {
  const plain = textOf("--allow", "192.168.1.0/24:502", "--files", "/srv/data", "--shell", "off");
  expect(plain).toContain('"--allow" "192.168.1.0/24:502" "--shell" "off" "--files" "/srv/data"');
  expect(plain).toContain("ReadWritePaths=/var/lib/s4t-agent /srv/data\n");
  expect(plain).toContain("ProtectSystem=strict");
  expect(textOf()).not.toContain("--allow");
  const open = textOf("--shell-user", "maria");
  expect(open).toContain('"--shell-user" "maria"');
  expect(open).not.toContain("ProtectSystem");
  expect(open).toContain("NoNewPrivileges=no");
});

it("knows its data folder from wherever it is started", () => {
  expect(readAgentConfig(["--data", "data"]).data).toBe(join(process.cwd(), "data"));
  expect(textOf("--data", "data")).toContain(`ReadWritePaths=${join(process.cwd(), "data")}`);
});
