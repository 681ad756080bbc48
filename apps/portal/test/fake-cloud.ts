// A stand-in for the cloud while pages are written: contract-shaped answers from memory, and an event socket that moves.
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { WebSocketServer } from "ws";

const port = Number(process.env.PORT ?? 8899);
const many = Number(process.env.BOARDS ?? 60);
const dist = join(import.meta.dirname, "../dist");
const iso = (ms: number) => new Date(ms).toISOString();
const uuid = () => randomUUID();
const project = { uuid: uuid(), name: "messina" };
const allow = {
  update: true,
  retire: true,
  rearm: true,
  ping: true,
  restart: true,
  settings: true,
} as const;
const start = Date.now();
const streets = [
  "Via Garibaldi",
  "Viale San Martino",
  "Via Cavour",
  "Corso Cavour",
  "Via Consolare Pompea",
  "Viale della Libertà",
];
const made = (index: number) => {
  const status =
    index === 0
      ? "degraded"
      : index % 17 === 5
        ? "offline"
        : index % 29 === 7
          ? "new"
          : index % 41 === 11
            ? "busy"
            : "online";
  const connected = status === "online" || status === "degraded";
  const near = index % 3 === 0;
  return {
    uuid: uuid(),
    name: index === 0 ? "garibaldi-12" : `board-${String(index).padStart(3, "0")}`,
    rev: 3,
    createdAt: iso(start - 9e8),
    updatedAt: iso(start - 9e5),
    project: project.uuid,
    status,
    description: "",
    labels: index === 0 ? { fleet: "environment", pilot: "2026" } : {},
    why:
      status === "degraded"
        ? {
            code: "target-failed",
            since: iso(start - 24 * 60_000),
            facts: [
              {
                at: iso(start),
                ok: true,
                code: "answers",
                text: "The board answers. Round trip 38 ms.",
              },
              {
                at: iso(start - 25 * 60_000),
                ok: true,
                code: "target-came",
                text: "Target 48 arrived and 1 of its 2 entries holds.",
              },
              {
                at: iso(start - 24 * 60_000),
                ok: false,
                code: "target.entry-failed",
                text: "settings/sensors: the disk is read-only.",
              },
            ],
          }
        : status === "offline"
          ? {
              code: "link-lost",
              since: iso(start - 8_040_000),
              facts: [
                {
                  at: null,
                  ok: true,
                  code: "cloud-fine",
                  text: "The cloud is fine: 52 of 60 boards are connected.",
                },
                {
                  at: iso(start - 8_040_000),
                  ok: false,
                  code: "link-lost",
                  text: "The link ended without a goodbye.",
                },
              ],
            }
          : null,
    location:
      index % 13 === 6
        ? null
        : {
            latitude: 38.19 + Math.sin(index * 7.3) * (near ? 0.02 : 0.07),
            longitude:
              15.54 +
              Math.cos(index * 3.1) * (near ? 0.012 : 0.05) -
              (Math.sin(index * 7.3) < 0 ? 0.03 : 0),
            accuracyM: 6,
            address: `${streets[index % streets.length]} ${index + 3}, Messina`,
          },
    agent: {
      kind: status === "new" ? null : "lightning-rod",
      version: status === "new" ? null : "0.1.0",
      contract: status === "new" ? null : 1,
      features: ["board", "sensors"],
    },
    simulated: index > 1,
    fingerprint: status === "new" ? null : "9c41 08aa 71f0 13e2",
    connectivity: {
      connected,
      since: status === "new" ? null : iso(start - (connected ? 18_000_000 : 8_040_000)),
      lastSeenAt: status === "new" ? null : iso(connected ? start : start - 8_040_000),
      address: status === "new" ? null : "10.64.3.18",
      latencyMs: connected ? 38 + (index % 9) : null,
      epoch: 4,
    },
    target: {
      wanted: 48,
      reached: status === "degraded" ? 47 : 48,
      failed: status === "degraded" ? 1 : 0,
    },
    info:
      status === "new"
        ? null
        : {
            hostname: "garibaldi-12",
            os: "Debian GNU/Linux 12",
            kernel: "6.1.0-18-arm64",
            arch: "arm64",
            model: "Arancino Mega",
            cpus: 4,
            memoryBytes: 1_028_000_000,
            runtime: "node 26.1.0",
            agentVersion: "0.1.0",
            agentStartedAtMs: start - 5e6,
            bootId: "b",
            uptimeS: 532_800,
            timeZone: "Europe/Rome",
            interfaces: [{ name: "eth0", addresses: ["10.64.3.18"], mac: null }],
            canReboot: false,
          },
    actions: {
      ...allow,
      reboot: { code: "board.power-disabled", because: "This agent may not reboot its machine." },
    },
  };
};
const boards = Array.from({ length: many }, (_, index) => made(index));
type FakeBoard = (typeof boards)[number];
const find = (key: string) => boards.find((board) => board.uuid === key || board.name === key);
const seriesList = [
  ["cpu.utilisation", "1", 0.42],
  ["memory.used", "By", 412e6],
  ["disk.used", "By", 23e9],
  ["temperature.cpu", "Cel", 51.2],
  ["network.rx", "By/s", 12_400],
  ["network.tx", "By/s", 3_100],
] as const;
const valueAt = (name: string, base: number, at: number) =>
  base *
  (1 +
    0.25 * Math.sin(at / 3.1e6 + name.length) +
    0.06 * Math.sin(at / 61_000) +
    0.04 * Math.sin(at / 7_100));
let signedIn = true;
const session = () => ({
  user: { uuid: "0192aaaa-0000-7000-8000-000000000001", name: "Chiara Bruno", admin: true },
  projects: [
    { ...project, role: "manager" },
    { uuid: uuid(), name: "taormina", role: "user" },
  ],
  project: project.uuid,
  expiresAt: null,
  actions: [
    "board.list",
    "board.create",
    "user.list",
    "user.create",
    "project.list",
    "project.create",
    "audit.list",
    "audit.verify",
    "token.list",
    "token.create",
    "member.list",
    "member.set",
  ],
});
const users = ["Chiara Bruno", "admin", "marco", "giulia"].map((name, index) => ({
  uuid: index === 0 ? session().user.uuid : uuid(),
  name,
  rev: 1,
  createdAt: iso(start - 9e8),
  updatedAt: iso(start),
  status: index === 2 ? "disabled" : "active",
  admin: index < 2,
  mail: index === 1 ? null : `${name.split(" ")[0]?.toLowerCase()}@comune.example`,
  lastSignInAt: index === 3 ? null : iso(start - index * 8e6),
  projects: [{ ...project, role: index < 2 ? "manager" : "user" }],
  actions: {
    update: true,
    remove: index === 0 ? { code: "user.last-admin", because: "This is you." } : true,
  },
}));
const audit = Array.from({ length: 70 }, (_, index) => ({
  index: 4_102 - index,
  uuid: uuid(),
  name: ["board.reboot", "session.sign-in", "board.update", "user.create", "board.show"][index % 5],
  status: index % 11 === 4 ? "denied" : index % 17 === 3 ? "failed" : "done",
  at: iso(start - index * 421_000),
  actor: { kind: "user", uuid: uuid(), name: ["Chiara Bruno", "admin", "marco"][index % 3] },
  project: project.uuid,
  resource:
    index % 5 === 1
      ? null
      : { noun: "board", uuid: boards[index % many]?.uuid, name: boards[index % many]?.name },
  address: "151.3.44.8",
  facts: { role: "manager" },
  leaf: "9c".repeat(32),
}));
const projects = ["messina", "taormina"].map((name, index) => ({
  uuid: index === 0 ? project.uuid : uuid(),
  name,
  rev: 1,
  createdAt: iso(start - 9e8),
  updatedAt: iso(start),
  status: "active",
  description: index === 0 ? "Comune di Messina" : "",
  boards: index === 0 ? many : 0,
  actions: {
    update: true,
    remove:
      index === 0 ? { code: "project.not-empty", because: "The project still has boards." } : true,
  },
}));
const tokens = [
  {
    uuid: uuid(),
    name: "sign-in",
    status: "active",
    user: session().user.uuid,
    createdAt: iso(start - 5e6),
    expiresAt: iso(start + 4e7),
    lastUsedAt: iso(start),
    address: "151.3.44.8",
    current: true,
  },
  {
    uuid: uuid(),
    name: "nightly report",
    status: "active",
    user: session().user.uuid,
    createdAt: iso(start - 5e8),
    expiresAt: iso(start + 4e8),
    lastUsedAt: null,
    address: "151.3.44.8",
    current: false,
  },
];
const operation = (name: string, board: FakeBoard | undefined) => ({
  uuid: uuid(),
  name: `board.${name}`,
  status: board?.connectivity.connected ? "done" : "queued",
  project: project.uuid,
  parent: null,
  board: board?.uuid ?? null,
  actor: "Chiara Bruno",
  createdAt: iso(Date.now()),
  endedAt: iso(Date.now() + 38),
  expiresAt: null,
  result: { atMs: Date.now() },
  problem: null,
});
const enrolmentOf = () => ({
  enrolment: "s4t1:WyJodHRwOi8vMTI3LjAuMC4xOjg4MTIiLCJxd2VydHl1aW9wYXNkZmdoamtsenhjIixudWxsXQ",
  expiresAt: iso(Date.now() + 86_400_000),
  commands: [
    {
      kind: "install",
      command:
        "curl -fsS http://127.0.0.1:8812/install.sh | sh -s -- --enrol s4t1:WyJodHRwOi8vMTI3LjAuMC4xOjg4MTIiLCJxd2VydHl1aW9wYXNkZmdoamtsenhjIixudWxsXQ",
    },
    { kind: "foreground", command: "./s4t agent run --enrol s4t1:WyJodHRwOi8v… --data ./agent" },
  ],
});
const page = <Row>(rows: readonly Row[], query: URLSearchParams) => {
  const from = Number(query.get("after") ?? 0);
  const limit = Number(query.get("limit") ?? 50);
  const end = from + limit;
  return { items: rows.slice(from, end), next: end < rows.length ? String(end) : null };
};
class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  constructor(status: number, code: string, title: string) {
    super(title);
    this.status = status;
    this.code = code;
    this.title = title;
  }
}
type Handler = (input: {
  id: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
}) => unknown;
const need = (id: string) => {
  const board = find(id);
  if (!board)
    throw new Refusal(404, "board.not-found", "There is no such board, or you may not see it.");
  return board;
};
const act =
  (name: string): Handler =>
  ({ id, body }) => {
    const board = need(id);
    if (!board.connectivity.connected && body.deliver !== "when-online")
      throw new Refusal(503, "board.offline", "The board is offline.");
    return operation(name, board);
  };
const routes: Record<string, Handler> = {
  "GET /api/session": () => session(),
  "POST /api/session": ({ body }) => {
    if (body.password === "wrong")
      throw new Refusal(401, "auth.failed", "The name or the password is not right.");
    signedIn = true;
    return { token: "t", session: session() };
  },
  "DELETE /api/session": () => {
    signedIn = false;
    return null;
  },
  "GET /api/about": () => ({
    name: "Comune di Messina",
    release: "0.1.0",
    contract: 1,
    time: iso(Date.now()),
    capabilities: [],
  }),
  "POST /api/events/ticket": () => ({ ticket: "x", expiresAt: iso(Date.now() + 9_000) }),
  "GET /api/boards": ({ query }) => {
    const status = query.get("status")?.split(",");
    const text = query.get("text")?.toLowerCase();
    const rows = boards.filter(
      (board) =>
        (!status || status.includes(board.status)) &&
        (!text || `${board.name} ${board.location?.address}`.toLowerCase().includes(text)),
    );
    const sort = query.get("sort") ?? "name";
    rows.sort((a, b) => (sort.startsWith("-") ? -1 : 1) * a.name.localeCompare(b.name));
    return page(rows, query);
  },
  "GET /api/boards/counts": () => ({
    total: boards.length,
    byStatus:
      Object.groupBy(boards, ({ status }) => status) &&
      Object.fromEntries(
        Object.entries(Object.groupBy(boards, ({ status }) => status)).map(([key, rows]) => [
          key,
          rows?.length ?? 0,
        ]),
      ),
  }),
  "POST /api/boards": ({ body }) => {
    if (boards.some(({ name }) => name === body.name))
      throw new Refusal(
        409,
        "board.name-taken",
        `A board named ${String(body.name)} exists already in this project.`,
      );
    const board = { ...made(7), name: String(body.name), uuid: uuid(), simulated: false };
    boards.push(board);
    if (process.env.SEEN_MS)
      setTimeout(
        () =>
          Object.assign(board, { ...made(1), uuid: board.uuid, name: board.name, rev: 9 }) &&
          push(board),
        Number(process.env.SEEN_MS),
      );
    return { board, enrolment: enrolmentOf() };
  },
  "GET /api/boards/{}": ({ id }) => need(id),
  "PATCH /api/boards/{}": ({ id, body }) => {
    const board = Object.assign(need(id), body, { rev: need(id).rev + 1 });
    push(board);
    return board;
  },
  "POST /api/boards/{}/retire": ({ id }) => {
    const board = Object.assign(need(id), { status: "retired", rev: 99 });
    push(board);
    return board;
  },
  "POST /api/boards/{}/enrolment": () => enrolmentOf(),
  "POST /api/boards/{}/ping": act("ping"),
  "POST /api/boards/{}/restart": act("restart"),
  "POST /api/boards/{}/reboot": act("reboot"),
  "GET /api/boards/{}/target": ({ id }) => ({
    wanted: 48,
    reached: need(id).target.reached,
    entries: [
      { key: "settings/log", state: "reached", problem: null, since: iso(start - 9e6) },
      need(id).status === "degraded"
        ? {
            key: "settings/sensors",
            state: "failed",
            problem: {
              code: "target.entry-failed",
              sentence: "The entry could not be applied: the disk is read-only.",
            },
            since: iso(start - 24 * 60_000),
          }
        : { key: "settings/sensors", state: "reached", problem: null, since: iso(start - 9e6) },
      {
        key: "trust/ca",
        state: need(id).connectivity.connected ? "reached" : "waiting",
        problem: null,
        since: iso(start - 8e7),
      },
    ],
    settings: { sensors: { enabled: true, storeEveryS: 60 }, log: { level: "info", ship: true } },
  }),
  "PATCH /api/boards/{}/settings": ({ body }) => ({
    sensors: { enabled: true, storeEveryS: 60, ...(body.sensors as object) },
    log: { level: "info", ship: true, ...(body.log as object) },
  }),
  "GET /api/boards/{}/timeline": ({ query }) =>
    page(
      [
        {
          at: iso(start - 24 * 60_000),
          kind: "target",
          code: "target.entry-failed",
          actor: null,
          facts: { key: "settings/sensors" },
        },
        {
          at: iso(start - 25 * 60_000),
          kind: "change",
          code: "board.settings",
          actor: "Chiara Bruno",
          facts: {},
        },
        {
          at: iso(start - 55 * 60_000),
          kind: "operation",
          code: "board.ping",
          actor: "Chiara Bruno",
          facts: { status: "done" },
        },
        {
          at: iso(start - 18_000_000),
          kind: "presence",
          code: "board.online",
          actor: null,
          facts: {},
        },
        {
          at: iso(start - 19_320_000),
          kind: "presence",
          code: "board.offline",
          actor: null,
          facts: {},
        },
        { at: iso(start - 8e8), kind: "change", code: "board.create", actor: "admin", facts: {} },
      ],
      query,
    ),
  "GET /api/boards/{}/series": ({ id }) => {
    const board = need(id);
    const at = board.connectivity.connected ? Date.now() - 8_000 : start - 8_040_000;
    return {
      items:
        board.status === "new"
          ? []
          : seriesList.map(([name, unit, base]) => ({
              name,
              unit,
              at: iso(at),
              value: valueAt(name, base, at),
              periodS: 60,
            })),
    };
  },
  "GET /api/boards/{}/observations": ({ id, query }) => {
    const board = need(id);
    const [name, unit, base] =
      seriesList.find(([each]) => each === query.get("series")) ?? seriesList[0];
    const from = query.get("from") ?? "-1h";
    const span = from.startsWith("-")
      ? Number(from.slice(1, -1)) * ({ m: 6e4, h: 36e5, d: 864e5 }[from.slice(-1)] ?? 1)
      : Date.now() - Date.parse(from);
    const count = Math.min(Number(query.get("points") ?? 500), Math.floor(span / 60_000));
    const end = board.connectivity.connected ? Date.now() : start - 8_040_000;
    const at = Array.from({ length: count }, (_, index) =>
      Math.round(Date.now() - span + (index * span) / count),
    ).filter((each) => each <= end);
    const mean = at.map((each, index) =>
      index > count * 0.3 && index < count * 0.33 ? null : valueAt(name, base, each),
    );
    return {
      series: name,
      unit,
      stepS: Math.round(span / count / 1_000),
      at,
      mean,
      min: mean.map((each) => each && each * 0.96),
      max: mean.map((each) => each && each * 1.04),
      dropped: 0,
    };
  },
  "GET /api/operations": ({ query }) =>
    page([operation("ping", boards[0]), operation("restart", boards[5])], query),
  "GET /api/operations/{}": () => operation("ping", boards[0]),
  "GET /api/users": ({ query }) =>
    page(
      users.filter(({ name }) =>
        name.toLowerCase().includes(query.get("name")?.toLowerCase() ?? ""),
      ),
      query,
    ),
  "POST /api/users": ({ body }) => {
    if (String(body.password).length < 10)
      throw new Refusal(
        422,
        "user.password-weak",
        "Choose a longer password: at least 10 characters.",
      );
    const user = { ...users[3], ...body, uuid: uuid() } as never;
    users.push(user);
    return user;
  },
  "PATCH /api/users/{}": ({ id, body }) =>
    Object.assign(users.find((user) => user.uuid === id) ?? {}, body),
  "DELETE /api/users/{}": ({ id }) => {
    users.splice(
      users.findIndex((user) => user.uuid === id),
      1,
    );
    return null;
  },
  "GET /api/projects": ({ query }) => page(projects, query),
  "POST /api/projects": ({ body }) => {
    const made = { ...projects[1], ...body, uuid: uuid(), boards: 0 } as never;
    projects.push(made);
    return made;
  },
  "PATCH /api/projects/{}": ({ id, body }) =>
    Object.assign(projects.find((each) => each.uuid === id) ?? {}, body),
  "GET /api/projects/{}/members": ({ query }) =>
    page(
      users.map(({ uuid: id, name, status }, index) => ({
        uuid: id,
        name,
        status,
        role: index < 2 ? "manager" : "user",
      })),
      query,
    ),
  "PUT /api/projects/{}/members/{}": ({ body }) => ({
    uuid: uuid(),
    name: "x",
    status: "active",
    role: body.role,
  }),
  "DELETE /api/projects/{}/members/{}": () => null,
  "GET /api/tokens": ({ query }) => page(tokens, query),
  "POST /api/tokens": ({ body }) => {
    const token = {
      ...tokens[1],
      uuid: uuid(),
      name: String(body.name),
      current: false,
    } as never;
    tokens.push(token);
    return { secret: "s4t_9c41dGhpcyBpcyBub3QgYSBzZWNyZXQ", token };
  },
  "DELETE /api/tokens/{}": ({ id }) => {
    tokens.splice(
      tokens.findIndex((each) => each.uuid === id),
      1,
    );
    return null;
  },
  "PUT /api/session/password": ({ body }) => {
    if (body.current === "wrong")
      throw new Refusal(401, "auth.failed", "The name or the password is not right.");
    return null;
  },
  "GET /api/audit": ({ query }) =>
    page(
      audit.filter(({ name }) => !query.get("action") || name === query.get("action")),
      query,
    ),
  "GET /api/audit/head": () => ({
    size: 4_103,
    root: "ab".repeat(32),
    at: iso(start - 60_000),
    key: "cd".repeat(32),
    signature: "ef".repeat(64),
  }),
  "POST /api/audit/verify": () => ({
    intact: true,
    size: 4_103,
    head: {
      size: 4_103,
      root: "ab".repeat(32),
      at: iso(start - 60_000),
      key: "cd".repeat(32),
      signature: "ef".repeat(64),
    },
    witnessed: 48,
    firstBad: null,
    because: null,
  }),
};
const mime: Record<string, string> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".html": "text/html",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
const csp =
  "default-src 'none'; script-src 'self'; style-src-elem 'self' 'nonce-abc'; style-src-attr 'none'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const serveFile = (path: string, response: ServerResponse) => {
  const wanted = join(dist, path.replace(/^\/app\/?/, ""));
  const file = extname(wanted) && existsSync(wanted) ? wanted : join(dist, "index.html");
  const html = file.endsWith(".html");
  response.writeHead(200, {
    "content-type": mime[extname(file)] ?? "application/octet-stream",
    ...(html ? { "content-security-policy": csp } : {}),
  });
  response.end(
    html ? readFileSync(file, "utf8").replaceAll("__S4T_NONCE__", "abc") : readFileSync(file),
  );
};
const bodyOf = async (request: IncomingMessage) => {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
};
const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://x");
  if (url.pathname === "/__expire") signedIn = false;
  if (!url.pathname.startsWith("/api/")) return serveFile(url.pathname, response);
  const answer = (status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(status === 204 ? "" : JSON.stringify(body));
  };
  const parts = url.pathname.split("/");
  const direct = `${request.method} ${url.pathname}`;
  const key = routes[direct]
    ? direct
    : `${request.method} ${parts.map((part, index) => (index === 3 || index === 5 ? "{}" : part)).join("/")}`;
  try {
    const body = await bodyOf(request);
    if (!signedIn && key !== "POST /api/session" && key !== "GET /api/about")
      throw new Refusal(401, "auth.expired", "Your sign-in has ended. Sign in again.");
    const handler = routes[key];
    if (!handler)
      throw new Refusal(404, "request.not-found", `There is no such address here. ${key}`);
    const result = handler({
      id: decodeURIComponent(parts[3] ?? ""),
      query: url.searchParams,
      body,
    });
    answer(result === null ? 204 : 200, result);
  } catch (error) {
    const { status, code, title } =
      error instanceof Refusal ? error : new Refusal(500, "internal", String(error));
    answer(status, { type: `urn:s4t:error:${code}`, title, status, code, retryable: false });
  }
});
const sockets = new Map<import("ws").WebSocket, Map<number, string>>();
const push = (board: FakeBoard) => {
  for (const [socket, topics] of sockets)
    for (const [id, topic] of topics) {
      if (topic === "boards")
        socket.send(
          JSON.stringify({
            type: "change",
            id,
            cursor: "1",
            data: { changed: [board], removed: [] },
          }),
        );
      if (topic === `board:${board.uuid}`)
        socket.send(JSON.stringify({ type: "change", id, cursor: "1", data: { board } }));
    }
};
new WebSocketServer({ server, path: "/events" }).on("connection", (socket) => {
  const topics = new Map<number, string>();
  sockets.set(socket, topics);
  socket.on("close", () => sockets.delete(socket));
  socket.on("message", (raw) => {
    const frame = JSON.parse(String(raw)) as { type: string; id: number; topic: string };
    if (frame.type === "auth") socket.send(JSON.stringify({ type: "welcome", time: Date.now() }));
    if (frame.type === "subscribe") topics.set(frame.id, frame.topic);
    if (frame.type === "unsubscribe") topics.delete(frame.id);
  });
});
setInterval(() => {
  for (const [socket, topics] of sockets) {
    for (const [id, topic] of topics)
      if (topic.startsWith("series:") && find(topic.slice(7))?.connectivity.connected)
        socket.send(
          JSON.stringify({
            type: "change",
            id,
            cursor: "1",
            data: {
              at: Date.now(),
              values: Object.fromEntries(
                seriesList.map(([name, , base]) => [name, valueAt(name, base, Date.now())]),
              ),
            },
          }),
        );
  }
}, 2_000);
setInterval(() => {
  for (const socket of sockets.keys())
    socket.send(JSON.stringify({ type: "beat", time: Date.now() }));
}, 10_000);
server.listen(port, "127.0.0.1", () => {});
