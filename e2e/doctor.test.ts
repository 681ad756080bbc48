// `./s4t agent doctor`, with the real programs: each thing that keeps a board from its cloud is named, with its code and what to do.
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agentBundle, type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { stateOf } from "./board.ts";
import { forge } from "./forgery.ts";
import { freePort, type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { openRelay } from "./relay.ts";
import { pasteAndWait, until } from "./s4t.ts";

const folder = temporaryFolder();
const listen = "127.0.0.2";
let cloud: RunningCloud;
let port = 0;
let agent: RunningAgent;
let uuid = "";

const of = (name: string) => join(folder.path, name);
const doctor = (data: string, ...args: readonly string[]) =>
  pasteAndWait(["./s4t agent doctor --data", data, ...args].join(" "));
/** The one failure, and the step under it. */
const failureIn = (out: string): string => /^FAIL .*\n {5}→ .*$/m.exec(out)?.[0] ?? out;
const online = (board: string) =>
  until(
    () => stateOf(cloud, board),
    (state) => state === "online",
    15_000,
  );

/** A board that was enrolled over TLS, whose agent has ended. */
const enrolled = async (name: string): Promise<string> => {
  const board = await registerBoard(cloud, name);
  const one = startAgent(of(name), ["--enrol", board.enrolment]);
  await online(board.uuid);
  await one.kill("SIGTERM");
  return board.uuid;
};

beforeAll(async () => {
  port = await freePort();
  cloud = await startCloud(of("cloud"), { args: ["--listen", listen, "--port", String(port)] });
  await cloud.signIn();
  const board = await registerBoard(cloud, "well");
  uuid = board.uuid;
  agent = startAgent(of("well"), ["--enrol", board.enrolment]);
  await online(uuid);
});
afterAll(async () => {
  await agent.kill("SIGTERM");
  await cloud.kill("SIGTERM");
  folder.remove();
});

describe("the doctor finds nothing", () => {
  it("wrong with a board that is online, names the cloud's release, and does not disturb it", async () => {
    const epoch = async () =>
      (await cloud.call("GET", `/api/boards/${uuid}`)).body.connectivity.epoch;
    const before = await epoch();
    const { code, out } = await doctor(of("well"));
    expect([code, out]).toEqual([0, expect.not.stringContaining("FAIL")]);
    for (const told of [
      `This board is well (${uuid})`,
      `The agent runs as process ${agent.child.pid}`,
      `The cloud answers at https://${listen}:${port}, with a certificate that this board trusts`,
      "The cloud knows this board's key",
      "The cloud is release 0.1.0 (contract 1); this agent is 0.1.0 (contract 1)",
      "The clock agrees with the cloud's",
    ])
      expect(out).toContain(told);
    expect(await epoch()).toBe(before);
    expect(await stateOf(cloud, uuid)).toBe("online");
  });
});

describe("the doctor names, with the next step,", () => {
  it("an agent that was never enrolled, and a folder that is not there", async () => {
    mkdirSync(of("empty"));
    const empty = await doctor(of("empty"));
    expect(empty.code).toBe(78);
    expect(failureIn(empty.out)).toMatch(
      /no identity yet \(agent.not-enrolled\)\n.*s4t board create NAME.*--enrol/,
    );
    const missing = await doctor(of("missing"));
    expect(missing.code).toBe(78);
    expect(failureIn(missing.out)).toMatch(/There is no folder .*\n.*--data names another/);
  });

  it("an identity that is damaged", async () => {
    await enrolled("damaged");
    writeFileSync(join(of("damaged"), "identity.json"), "{");
    const { code, out } = await doctor(of("damaged"));
    expect(code).toBe(78);
    expect(failureIn(out)).toMatch(/identity.json .* is damaged .*\n.*s4t board enrol NAME/);
    expect(readFileSync(join(of("damaged"), "identity.json"), "utf8")).toBe("{");
  });

  it("a folder that takes no files, and why", async () => {
    mkdirSync(of("closed"), { mode: 0o500 });
    chmodSync(of("closed"), 0o500);
    // Root writes anywhere, unless that right is taken from it.
    const bound = "setpriv --bounding-set=-dac_override,-dac_read_search";
    const plain = `${process.getuid?.() === 0 ? bound : ""} ${process.execPath} ${agentBundle} doctor`;
    const closed = await pasteAndWait(`${plain} --data ${of("closed")}`);
    expect(closed.code).toBe(73);
    expect(failureIn(closed.out)).toMatch(
      /cannot be written: this user may not write there \(data.unwritable\)\n.*writable/,
    );
    const full = await pasteAndWait(
      `prlimit --fsize=0 ${process.execPath} ${agentBundle} doctor --data ${of("empty")}`,
    );
    expect(full.code).toBe(73);
    expect(failureIn(full.out)).toMatch(/the disk is full \(data.unwritable\)\n.*Make room/);
  });

  it("a port where nothing listens, a name that is not known, and something that is no cloud", async () => {
    const at = async (url: string) => {
      const { code, out } = await doctor(of("well"), "--url", url);
      expect(code, out).toBe(69);
      return failureIn(out);
    };
    expect(await at(`https://${listen}:${await freePort()}`)).toMatch(
      /nothing listens there. \(cloud.unreachable\)\n.*npm start.*--url/,
    );
    expect(await at("https://no-such-name.invalid:8812")).toMatch(
      /name no-such-name.invalid is not known here .*\n.*resolv.conf/,
    );
    expect(await at(`https://127.0.0.1:${port}`)).toMatch(
      /does not speak TLS.*\n.*no cloud of ours/,
    );
    const web = createServer((_, answer) => answer.end("hello")).listen(0, "127.0.0.1");
    const mute = createTcpServer(() => {}).listen(0, "127.0.0.1");
    await Promise.all([web, mute].map((server) => once(server, "listening")));
    const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
    expect(await at(`http://127.0.0.1:${portOf(web)}`)).toMatch(
      /The server answered 200.*\n.*no cloud of ours/,
    );
    expect(await at(`http://127.0.0.1:${portOf(mute)}`)).toMatch(
      /there was no answer.*\n.*firewalls/,
    );
    web.close();
    mute.close();
  }, 60_000);

  it("somebody else in the cloud's place", async () => {
    const middle = await openRelay({
      listen: "127.0.0.3",
      port: 0,
      to: { host: listen, port },
      tls: forge(folder.path, "127.0.0.3"),
    });
    const { code, out } = await doctor(of("well"), "--url", `https://127.0.0.3:${middle.port}`);
    await middle.close();
    expect(code).toBe(77);
    expect(failureIn(out)).toMatch(
      /not the cloud that this board trusts.*\(agent.wrong-cloud\)\n.*Somebody else answers/,
    );
    expect(middle.seen()).toBe("");
  });

  it("a certificate that is for other names", async () => {
    const passing = await openRelay({ listen: "127.0.0.3", port: 0, to: { host: listen, port } });
    const { code, out } = await doctor(of("well"), "--url", `https://127.0.0.3:${passing.port}`);
    await passing.close();
    expect(code).toBe(69);
    expect(failureIn(out)).toMatch(/certificate is for other names.*\n.*--address/);
  });

  it("a board that was retired", async () => {
    const retired = await enrolled("retired");
    expect((await cloud.call("POST", `/api/boards/${retired}/retire`, {})).status).toBe(200);
    const { code, out } = await doctor(of("retired"));
    expect(code).toBe(77);
    expect(failureIn(out)).toMatch(/withdrawn. \(link.revoked\)\n.*Retired: make a new board/);
  });

  it("an agent that does not run, which is a note where all else is well", async () => {
    await enrolled("resting");
    const { code, out } = await doctor(of("resting"));
    expect(code).toBe(0);
    expect(out).toMatch(/^note No agent runs on this folder\n {5}→ /m);
  });
});
