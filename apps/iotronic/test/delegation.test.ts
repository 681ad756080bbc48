// Boards that somebody outside of their project may do something with: what exactly, how long, and how it ends. The first part is
// generated: each route about a board × each state of a delegation, compared with what may be delegated.
import { createHash } from "node:crypto";
import { delegableActions, type Endpoint, endpoints, type ServerFrame } from "@s4t/contract";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { MAX_DELEGATIONS_PER_SUBJECT } from "../src/modules/delegations/delegations.ts";
import { administered } from "./administered.ts";
import type { Answered } from "./cloud.ts";

const { cloud, ask } = administered();
const password = "correct horse battery staple";
const far = "2100-01-01T00:00:00Z";
const nowhere = "00000000-0000-7000-8000-000000000000";
let count = 0;
const unused = (): string => {
  count += 1;
  return `delegation-${count}`;
};

const made = async (answer: Promise<Answered>) => {
  const { status, text, body } = await answer;
  expect(status, text).toBeLessThan(300);
  return body;
};

const aUser = async (): Promise<{ uuid: string; name: string; token: string }> => {
  const name = unused();
  const { uuid } = await made(ask("POST", "/api/users", { name, password }));
  return { uuid, name, token: await cloud.signIn(name, password) };
};

/** Somebody with a project of their own. */
const aTenant = async (role = "manager") => {
  const user = await aUser();
  const { uuid: project } = await made(ask("POST", "/api/projects", { name: unused() }));
  await made(ask("PUT", `/api/projects/${project}/members/${user.uuid}`, { role }));
  return { ...user, project, token: await cloud.signIn(user.name, password) };
};
type Tenant = Awaited<ReturnType<typeof aTenant>>;

const by =
  ({ token }: { readonly token: string }) =>
  (method: string, path: string, body?: unknown): Promise<Answered> =>
    cloud.call(method, path, { token, ...(body === undefined ? {} : { body }) });

const boardOf = async (owner: Tenant): Promise<string> => {
  const { board } = await made(by(owner)("POST", "/api/boards", { name: unused() }));
  await cloud.sql(
    "update boards set pubkey = ?, status = 'offline' where uuid = ?",
    board.uuid,
    board.uuid,
  );
  return board.uuid;
};

interface Given {
  readonly actions?: readonly string[];
  readonly until?: string;
  readonly depth?: number;
}

const delegate = async (
  owner: Tenant,
  board: string,
  to: object,
  { actions = ["board.show"], until = far, depth = 0 }: Given = {},
): Promise<string> => {
  const body = { boards: [board], to, actions, until, depth };
  return (await made(by(owner)("POST", "/api/delegations", body))).items[0].uuid;
};

const pass = (
  from: { readonly token: string },
  parent: string,
  to: object,
  { actions = ["board.show"], until = far, depth = 0 }: Given = {},
): Promise<Answered> =>
  by(from)("POST", `/api/delegations/${parent}/delegations`, { to, actions, until, depth });

const status = async (who: { readonly token: string }, board: string): Promise<number> =>
  (await by(who)("GET", `/api/boards/${board}`)).status;

const boardRoutes = endpoints.filter(([, { path }]) => path.startsWith("/api/boards/{uuid}"));
const isDelegable = ({ action }: Endpoint): boolean =>
  (delegableActions as readonly string[]).includes(action);

const probe = (who: { readonly token: string }, endpoint: Endpoint, board: string) =>
  by(who)(
    endpoint.method,
    endpoint.path
      .replace("{uuid}", board)
      .replace(/\{(?:service|connection|plugin|fleet)\}/, nowhere) +
      (endpoint.path.endsWith("/observations") ? "?series=cpu.load1&from=-1h" : ""),
    endpoint.body ? (endpoint.example ?? {}) : undefined,
  );

describe("a board of another project", () => {
  it("knows every action that may be delegated: each has a route about one board or a topic", () => {
    const ofRoutes = new Set<string>(boardRoutes.map(([, { action }]) => action));
    const ofTopics = ["injection.lines"];
    for (const action of delegableActions)
      expect(ofRoutes.has(action) || ofTopics.includes(action), action).toBe(true);
  });

  it.each(boardRoutes)("%s: with it, without it, expired, taken back", async (name, endpoint) => {
    const owner = await aTenant();
    const guest = await aTenant();
    const board = await boardOf(owner);
    const to = { user: guest.name };
    const foreign = await probe(guest, endpoint, board);
    expect([foreign.status, foreign.code]).toEqual([404, "board.not-found"]);
    expect(foreign.text).toBe((await probe(guest, endpoint, nowhere)).text);

    // Everything but this one: the board is known, this is not allowed.
    const others = delegableActions.filter((action) => action !== endpoint.action);
    const first = await delegate(owner, board, to, { actions: others });
    const without = await probe(guest, endpoint, board);
    expect([without.status, without.code], name).toEqual([403, "policy.denied"]);
    await made(by(owner)("DELETE", `/api/delegations/${first}`));
    expect((await probe(guest, endpoint, board)).text).toBe(foreign.text);
    if (!isDelegable(endpoint)) {
      const body = { boards: [board], to, actions: [endpoint.action], until: far };
      expect((await by(owner)("POST", "/api/delegations", body)).code).toBe("request.invalid");
      return;
    }

    const until = new Date(Date.now() + 700).toISOString();
    await delegate(owner, board, to, { actions: [endpoint.action], until });
    const within = await probe(guest, endpoint, board);
    // The clock of a busy machine may be past it: then nothing is said of what was within.
    if (Date.now() < Date.parse(until)) {
      expect([401, 403, 500]).not.toContain(within.status);
      expect(within.code).not.toBe("board.not-found");
    }
    await new Promise((resolve) => setTimeout(resolve, Date.parse(until) - Date.now() + 1));
    expect((await probe(guest, endpoint, board)).text).toBe(foreign.text);

    const last = await delegate(owner, board, to, { actions: [endpoint.action] });
    expect([401, 403, 500]).not.toContain((await probe(guest, endpoint, board)).status);
    await made(by(owner)("DELETE", `/api/delegations/${last}`));
    expect((await probe(guest, endpoint, board)).text).toBe(foreign.text);
  });
});

describe("who has a board delegated", () => {
  it("sees what it may do with it, and nothing of its project", async () => {
    const owner = await aTenant();
    const guest = await aTenant();
    const board = await boardOf(owner);
    const fleet = (await made(by(owner)("POST", "/api/fleets", { name: unused() }))).uuid;
    await made(by(owner)("PUT", `/api/boards/${board}/fleets/${fleet}`, {}));
    const actions = ["board.ping", "board.show"];
    const uuid = await delegate(owner, board, { user: guest.uuid }, { actions });

    const { items } = await made(by(guest)("GET", "/api/delegated-boards"));
    expect(items).toMatchObject([{ uuid: board, actions, delegations: [{ uuid }] }]);
    const shown = await made(by(guest)("GET", `/api/boards/${board}`));
    expect(shown.fleets).toEqual([]);
    expect(shown.actions).toMatchObject({
      ping: { code: "board.offline" },
      restart: { code: "policy.denied" },
      update: { code: "policy.denied" },
    });
    expect((await made(by(guest)("GET", "/api/boards"))).items).toEqual([]);

    const change = { description: "moved", fleet: null };
    await made(by(owner)("PATCH", `/api/boards/${board}`, change));
    await delegate(owner, board, { user: guest.uuid }, { actions: ["board.timeline"] });
    const told = async (who: { readonly token: string }) =>
      (await made(by(who)("GET", `/api/boards/${board}/timeline`))).items.map(
        (entry: { code: string; actor: string; facts: object }) => [
          ...[entry.code, entry.actor, Object.keys(entry.facts)],
        ],
      );
    expect(await told(owner)).toEqual([
      ["description,fleets", owner.name, ["description", "fleets"]],
      ["fleets", owner.name, ["fleets"]],
      ["name,status", owner.name, ["name", "status"]],
    ]);
    expect(await told(guest)).toEqual([
      ["description", null, ["description"]],
      ["touched", null, []],
      ["name,status", null, ["name", "status"]],
    ]);
    for (const path of ["boards", "delegations", "fleets", "audit", "plugins"]) {
      const answer = await cloud.call("GET", `/api/${path}`, {
        ...{ token: guest.token, project: owner.project },
      });
      expect([answer.status, answer.code], path).toEqual([404, "project.not-found"]);
    }
  });

  it("is known to the original's API by the same rule", async () => {
    const owner = await aTenant();
    const guest = await aTenant();
    const board = await boardOf(owner);
    const there = async () =>
      (await cloud.call("GET", `/v1/boards/${board}`, { headers: { "x-auth-token": guest.token } }))
        .status;
    expect(await there()).toBe(404);
    const uuid = await delegate(owner, board, { user: guest.name });
    expect(await there()).toBe(200);
    await made(by(owner)("DELETE", `/api/delegations/${uuid}`));
    expect(await there()).toBe(404);
  });

  it("leaves a record of every use, in the project of the board, that names the delegation", async () => {
    const owner = await aTenant();
    const guest = await aTenant();
    const board = await boardOf(owner);
    const uuid = await delegate(owner, board, { user: guest.name });
    expect(await status(guest, board)).toBe(200);
    const { items } = await made(by(owner)("GET", "/api/audit?action=delegation.use"));
    expect(items).toMatchObject([
      {
        actor: { uuid: guest.uuid },
        resource: { noun: "board", uuid: board },
        facts: { does: "board.show", delegations: [uuid] },
      },
    ]);
  });

  it("by a project has as much as its role there is allowed at home", async () => {
    const owner = await aTenant();
    const auditor = await aTenant("auditor");
    const board = await boardOf(owner);
    const actions = ["board.show", "board.restart"];
    await delegate(owner, board, { project: auditor.project }, { actions });
    expect(await status(auditor, board)).toBe(200);
    const restart = await by(auditor)("POST", `/api/boards/${board}/restart`, {});
    expect([restart.status, restart.code]).toEqual([403, "policy.denied"]);
  });

  it("brings it to no credential and no other project's token", async () => {
    const owner = await aTenant();
    const guest = await aTenant();
    const board = await boardOf(owner);
    await delegate(owner, board, { user: guest.name });
    const { credential, secret } = await made(
      by(guest)("POST", "/api/credentials", { name: unused() }),
    );
    const body = { method: "credential", id: credential.uuid, secret };
    const { token } = await made(cloud.call("POST", "/api/session", { body }));
    expect(await status({ token }, board)).toBe(404);
    expect(await status(guest, board)).toBe(200);
  });

  it("watches it live until it is taken back, within 5 s", async () => {
    const owner = await aTenant();
    const guest = await aTenant();
    const board = await boardOf(owner);
    const uuid = await delegate(owner, board, { user: guest.name });
    const socket = new WebSocket(`${cloud.url.replace("http", "ws")}/events`);
    const send = (frame: object) => socket.send(JSON.stringify(frame));
    let revokedMs = 0;
    const refused = new Promise<ServerFrame>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("open", () => send({ type: "auth", token: guest.token }));
      socket.on("message", (data) => {
        const frame = JSON.parse(String(data)) as ServerFrame;
        if (frame.type === "welcome") send({ type: "subscribe", id: 1, topic: `board:${board}` });
        if (frame.type === "error") resolve(frame);
        if (frame.type !== "snapshot") return;
        revokedMs = performance.now();
        made(by(owner)("DELETE", `/api/delegations/${uuid}`)).catch(reject);
      });
    });
    expect(await refused).toMatchObject({ type: "error", id: 1, code: "board.not-found" });
    expect(revokedMs).toBeGreaterThan(0);
    expect(performance.now() - revokedMs).toBeLessThan(5_000);
    socket.terminate();
  });
});

describe("given to one", () => {
  it("is refused beyond what is looked at whenever their rights are, whoever gives it", async () => {
    const [owner, other] = [await aTenant(), await aTenant()];
    const guest = await aUser();
    const [board, foreign] = [await boardOf(owner), await boardOf(other)];
    const first = await delegate(owner, board, { user: guest.name });
    const columns = [
      ...["project_id", "board_id", "board_name", "parent_id", "issuer_id", "issuer_name"],
      ...["subject_kind", "subject_id", "subject_name", "statement", "until_at", "created_at"],
    ].join();
    await cloud.sql(
      `insert into delegations (uuid, hash, ${columns})
         with recursive n(i) as (select 2 union all select i + 1 from n where i < ?)
         select ${"'many-' || i"}, ${"'many-' || i"}, ${columns} from n, delegations where uuid = ?`,
      ...[MAX_DELEGATIONS_PER_SUBJECT, first],
    );
    const give = (to: object) =>
      by(other)("POST", "/api/delegations", {
        ...{ boards: [foreign], to, actions: ["board.show"], until: far },
      });
    expect((await give({ user: guest.name })).code).toBe("quota.exceeded");
    expect(await status(guest, foreign)).not.toBe(200);
    await made(give({ user: owner.name }));
    await made(by(owner)("DELETE", `/api/delegations/${first}`));
    await made(give({ user: guest.name }));
    expect(await status(guest, foreign)).toBe(200);
    await cloud.sql("delete from delegations where uuid like ?", "many-%");
  });
});

describe("given on", () => {
  it("is narrower at each step: in actions, in time, in depth", async () => {
    const owner = await aTenant();
    const [first, second] = [await aUser(), await aUser()];
    const board = await boardOf(owner);
    const until = "2050-01-01T00:00:00Z";
    const given = { actions: ["board.show", "board.ping"], until, depth: 1 };
    const root = await delegate(owner, board, { user: first.name }, given);
    const to = { user: second.name };
    const wider = [
      { actions: ["board.restart"], until },
      { until: "2050-01-01T00:00:00.001Z" },
      { until, depth: 1 },
    ];
    for (const more of wider) {
      const answer = await pass(first, root, to, more);
      expect([answer.status, answer.code], answer.text).toEqual([403, "delegation.wider"]);
    }
    const next = await made(pass(first, root, to, { until }));
    expect(next).toMatchObject({ parent: root, depth: 0 });
    expect(await status(second, board)).toBe(200);
    const third = await pass(second, next.uuid, { user: owner.name }, { until });
    expect(third.code).toBe("delegation.wider");
    // One that is not theirs is as one that is nowhere.
    const foreign = await pass(second, root, to, { until });
    expect(foreign.text).toBe((await pass(second, nowhere, to, { until })).text);
  });

  it("ends with what it rests on, however deep, and only that", async () => {
    const owner = await aTenant();
    const users = [await aUser(), await aUser(), await aUser(), await aUser()] as const;
    const board = await boardOf(owner);
    let above = await delegate(owner, board, { user: users[0].name }, { depth: 3 });
    const chain = [above];
    for (const [i, user] of users.slice(1).entries()) {
      const from = users[i] as (typeof users)[number];
      above = (await made(pass(from, above, { user: user.name }, { depth: 2 - i }))).uuid;
      chain.push(above);
    }
    const all = () => Promise.all(users.map((user) => status(user, board)));
    expect(await all()).toEqual([200, 200, 200, 200]);
    // The third gave it to the fourth, and may not take from the second.
    expect((await by(users[2])("DELETE", `/api/delegations/${chain[1]}`)).status).toBe(404);
    await made(by(users[0])("DELETE", `/api/delegations/${chain[1]}`));
    expect((await all()).map((code) => code === 200)).toEqual([true, false, false, false]);
    await made(by(users[0])("DELETE", `/api/delegations/${chain[0]}`));
    expect((await all()).some((code) => code === 200)).toBe(false);
  });

  it("can be taken back however many rest on it that are over", async () => {
    const owner = await aTenant();
    const [guest, next] = [await aUser(), await aUser()];
    const board = await boardOf(owner);
    const top = await delegate(owner, board, { user: guest.name }, { depth: 1 });
    const { uuid } = await made(pass(guest, top, { user: next.name }));
    const columns = [
      ...["project_id", "board_id", "board_name", "parent_id", "issuer_id", "issuer_name"],
      ...["subject_kind", "subject_id", "subject_name", "statement", "until_at", "created_at"],
    ].join();
    // More than a statement may have parameters, on either database.
    await cloud.sql(
      `insert into delegations (uuid, hash, revoked_at, ${columns})
         with recursive n(i) as (select 1 union all select i + 1 from n where i < 70000)
         select ${"'over-' || i"}, ${"'over-' || i"}, 1, ${columns} from n, delegations where uuid = ?`,
      uuid,
    );
    expect(await status(next, board)).toBe(200);
    await made(by(owner)("DELETE", `/api/delegations/${top}`));
    expect(await status(next, board)).not.toBe(200);
    await cloud.sql("delete from delegations where revoked_at = 1 and uuid like ?", "over-%");
  });

  it("leaves no command behind that would wait for its board", async () => {
    const owner = await aTenant();
    const guest = await aUser();
    const board = await boardOf(owner);
    await delegate(owner, board, { user: guest.name }, { actions: ["board.restart"] });
    const restart = (body: object) => by(guest)("POST", `/api/boards/${board}/restart`, body);
    expect((await restart({})).code).toBe("board.offline");
    expect((await restart({ deliver: "when-online" })).code).toBe("delegation.wider");
  });

  it("is given on by the person who has it, not by a token that is bound to a project", async () => {
    const owner = await aTenant();
    const guest = await aTenant();
    const next = await aUser();
    const board = await boardOf(owner);
    const top = await delegate(owner, board, { user: guest.name }, { depth: 1 });
    const user = { name: guest.name, domain: { id: "default" }, password };
    const bound = await fetch(`${cloud.url}/identity/v3/auth/tokens`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        auth: {
          identity: { methods: ["password"], password: { user } },
          scope: { project: { id: guest.project } },
        },
      }),
    });
    const thief = { token: bound.headers.get("x-subject-token") as string };
    expect([bound.status, thief.token.length > 20]).toEqual([201, true]);
    const give = { to: { user: next.name }, actions: ["board.show"], until: far };
    const path = `/api/delegations/${top}`;
    expect((await by(thief)("POST", `${path}/delegations`, give)).code).toBe(
      "delegation.not-found",
    );
    expect((await by(thief)("DELETE", path)).code).toBe("delegation.not-found");
    await made(by(guest)("POST", `${path}/delegations`, give));
  });

  it("is its project's, whoever gave it: who manages that takes it back, and who left does not", async () => {
    const owner = await aTenant();
    const giver = await aTenant();
    const second = await aTenant();
    const last = await aUser();
    const colleagueOf = async ({ project }: Tenant, role: string) => {
      const user = await aUser();
      await made(ask("PUT", `/api/projects/${project}/members/${user.uuid}`, { role }));
      return { ...user, token: await cloud.signIn(user.name, password) };
    };
    const leave = ({ project, uuid }: Tenant) =>
      made(ask("DELETE", `/api/projects/${project}/members/${uuid}`));
    const board = await boardOf(owner);
    const top = await delegate(owner, board, { project: giver.project }, { depth: 2 });
    const mid = (await made(pass(giver, top, { project: second.project }, { depth: 1 }))).uuid;
    const low = (await made(pass(second, mid, { user: last.name }))).uuid;
    const end = async (who: { readonly token: string }, uuid: string) =>
      (await by(who)("DELETE", `/api/delegations/${uuid}`)).status;

    // Neither who may not give on, nor a project that it rests on by nothing.
    expect(await end(await colleagueOf(giver, "user"), mid)).toBe(404);
    expect(await end(second, top)).toBe(404);
    // Who left has no say, in what they gave and in what they had.
    await leave(owner);
    await leave(giver);
    expect([await end(owner, top), await end(giver, mid), await end(giver, top)]).toEqual([
      ...[404, 404, 404],
    ]);
    expect(await status(last, board)).toBe(200);

    const colleague = await colleagueOf(giver, "manager");
    expect(await end(colleague, low)).toBe(204);
    expect(await status(last, board)).not.toBe(200);
    expect(await status(second, board)).toBe(200);
    expect(await end(colleague, mid)).toBe(204);
    expect([await status(second, board), await status(colleague, board)]).toEqual([404, 200]);
    expect(await end(colleague, top)).toBe(204);
    expect(await status(colleague, board)).toBe(404);
  });

  it("does not outlive a revocation at the same moment", async () => {
    const owner = await aTenant();
    const [first, second] = [await aUser(), await aUser()];
    const board = await boardOf(owner);
    for (let round = 0; round < 8; round += 1) {
      const root = await delegate(owner, board, { user: first.name }, { depth: 1 });
      await Promise.all([
        pass(first, root, { user: second.name }),
        by(owner)("DELETE", `/api/delegations/${root}`),
      ]);
      expect(await status(second, board)).not.toBe(200);
    }
  });

  it("is worth nothing once a statement was altered, its own or one that it rests on", async () => {
    const owner = await aTenant();
    const [first, second] = [await aUser(), await aUser()];
    const board = await boardOf(owner);
    const root = await delegate(owner, board, { user: first.name }, { depth: 1 });
    const next = (await made(pass(first, root, { user: second.name }))).uuid;
    const find = async (uuid: string) => {
      const [row] = await cloud.sql("select statement, hash from delegations where uuid = ?", uuid);
      return row as { statement: string; hash: string };
    };
    const put = (uuid: string, { statement, hash }: { statement: string; hash: string }) =>
      cloud.sql(
        "update delegations set statement = ?, hash = ? where uuid = ?",
        statement,
        hash,
        uuid,
      );
    // A new sign-in, so that nothing is remembered.
    const again = async ({ name }: { readonly name: string }) =>
      (await status({ token: await cloud.signIn(name, password) }, board)) === 200;
    expect([await again(first), await again(second)]).toEqual([true, true]);

    const [above, below] = [await find(root), await find(next)];
    const widened = ({ statement }: { statement: string }): string =>
      statement.replace('"board.show"', '"board.show","stream.shell"');
    const rehashed = (row: { statement: string }) => {
      const statement = widened(row);
      return { statement, hash: createHash("sha256").update(statement).digest("hex") };
    };
    await put(next, { ...below, statement: widened(below) });
    expect([await again(first), await again(second)]).toEqual([true, false]);
    // With its hash made to fit it is still wider than what it rests on.
    await put(next, rehashed(below));
    expect([await again(first), await again(second)]).toEqual([true, false]);
    await put(next, below);
    await put(root, { ...above, statement: widened(above) });
    expect([await again(first), await again(second)]).toEqual([false, false]);
    // What rests on it names the hash that it had.
    await put(root, rehashed(above));
    expect(await again(second)).toBe(false);
    await put(root, above);
    expect([await again(first), await again(second)]).toEqual([true, true]);
  });
});
