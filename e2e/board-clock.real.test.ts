// A board whose clock was never set, runs behind, or is years ahead: what the agent and its doctor say of it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { agentBundle, registerBoard, startAgent } from "./agent.ts";
import { stateOf } from "./board.ts";
import { startCloud, temporaryFolder } from "./program.ts";
import { pasteAndWait, until } from "./s4t.ts";

/** Runs the agent's program with another clock. */
const at = (when: string, ...args: readonly string[]) =>
  pasteAndWait(["faketime", `'${when}'`, process.execPath, agentBundle, ...args].join(" "), {
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    TZ: "UTC",
  });

it("a clock so wrong that no certificate is valid is told as such; one that is behind, be it by decades, is a note", async () => {
  const folder = temporaryFolder();
  const cloud = await startCloud(join(folder.path, "cloud"), { args: ["--listen", "127.0.0.2"] });
  try {
    await cloud.signIn();
    const { uuid, enrolment } = await registerBoard(cloud, "lamp");
    const data = join(folder.path, "lamp");
    const far = "2099-01-01 00:00:00";
    const refused = await at(far, "run", "--data", data, "--enrol", enrolment);
    expect([refused.code, refused.err]).toEqual([75, expect.stringContaining("agent.wrong-clock")]);
    expect(refused.err).toContain("2099-01-01T00:0");
    // The enrolment is as good as before.
    const agent = startAgent(data, ["--enrol", enrolment]);
    await until(
      () => stateOf(cloud, uuid),
      (state) => state === "online",
      15_000,
    );
    await agent.kill("SIGTERM");
    const ahead = await at(far, "doctor", "--data", data);
    expect(ahead.code, ahead.out).toBe(75);
    expect(ahead.out).toMatch(
      /^FAIL The clock here says 2099.*wrong-clock\)\n {5}→ Set the clock/m,
    );
    // The cloud's certificates are good from 1970 on: a clock that was never set keeps no board from its cloud.
    const never = await at("1970-01-01 00:10:00", "doctor", "--data", data);
    expect(never.code, never.out).toBe(0);
    expect(never.out).toMatch(/^note The clock was never set: it says 1970.*\n.*timedatectl/m);
    expect(never.out).toMatch(/^note The clock is \d+ s behind the cloud's: it says 1970/m);
    const behind = await at("180 seconds ago", "doctor", "--data", data);
    expect(behind.code, behind.out).toBe(0);
    expect(behind.out).toMatch(/^note The clock is 1[78]\d s behind the cloud's.*\n {5}→ Set it/m);
  } finally {
    await cloud.kill("SIGTERM");
    folder.remove();
  }
}, 120_000);

it("a job that waits for a board is not over because the board's clock is a month ahead", async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, "early");
  const cloud = await startCloud(join(folder.path, "cloud"));
  try {
    await cloud.signIn();
    const { uuid, enrolment } = await registerBoard(cloud, "early");
    const online = () =>
      until(
        () => stateOf(cloud, uuid),
        (state) => state === "online",
        15_000,
      );
    const first = startAgent(data, ["--enrol", enrolment]);
    await online();
    await first.kill("SIGTERM");
    await until(
      () => stateOf(cloud, uuid),
      (state) => state === "offline",
      10_000,
    );
    const { body } = await cloud.call("POST", `/api/boards/${uuid}/restart`, {
      deliver: "when-online",
      expiresInS: 3_600,
    });
    expect(body.status).toBe("queued");
    const ended = at("30 days", "run", "--data", data);
    await online();
    const { status } = await until(
      async () => (await cloud.call("GET", `/api/operations/${body.uuid}`)).body,
      (operation) => operation.status !== "queued" && operation.status !== "running",
      10_000,
    );
    expect(status).toBe("done");
    process.kill(Number(readFileSync(join(data, "agent.pid"), "utf8")), "SIGTERM");
    expect((await ended).code).toBe(0);
  } finally {
    await cloud.kill("SIGTERM");
    folder.remove();
  }
}, 60_000);
