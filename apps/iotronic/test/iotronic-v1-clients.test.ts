// The original's clients, as they behave on the wire: its command line asks for version 1.9 first, follows `next`, retries; its SDK
// in Go puts a slash behind everything and decodes into fixed types.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStage, type Stage } from "./iotronic-v1/stage.ts";

let stage: Stage;
/** The command line would take a 1 off the end: an address that ends so is not published. */
const publishedPort = async (): Promise<number> => {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    if (port % 10 !== 1) return port;
  }
};
beforeAll(async () => {
  const port = String(await publishedPort());
  stage = await openStage(["--port", port, "--iotronic.origins", "https://dashboard.example"]);
}, 60_000);
afterAll(() => stage.close());

const version = "X-OpenStack-Iotronic-API-Version";

/** As `python-iotronicclient` speaks. */
const createCommandLine = (endpoint: string, token: string) => {
  // It takes the signs of "/v1" off the end of its endpoint.
  const base = endpoint.replace(/[/v1]+$/, "");
  const sent: number[] = [];
  const once = async (
    method: string,
    path: string,
    asked: string,
    body?: unknown,
  ): Promise<Response> => {
    const isRaw = method === "DELETE" || path.endsWith("renew");
    const answer = await fetch(base + path, {
      method,
      headers: {
        "User-Agent": "python-iotronicclient",
        "X-Auth-Token": token,
        [version]: asked,
        Accept: "application/json",
        "Content-Type": isRaw ? "application/octet-stream" : "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    sent.push(answer.status);
    return answer;
  };
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    for (let retries = 0; ; retries += 1) {
      let answer = await once(method, path, "1.9", body);
      if (answer.status === 406) {
        const least = answer.headers.get("X-OpenStack-Iotronic-API-Minimum-Version");
        const most = answer.headers.get("X-OpenStack-Iotronic-API-Maximum-Version");
        if (least === null || most === null) throw new TypeError("no versions to choose from");
        answer = await once(method, path, most, body);
      }
      const text = await answer.text();
      if ((answer.status === 409 || answer.status === 503) && retries < 2) continue;
      if (answer.status >= 400) {
        const { faultstring, description, debuginfo } = JSON.parse(JSON.parse(text).error_message);
        throw new TypeError(faultstring ?? description ?? debuginfo);
      }
      return text === "" ? undefined : JSON.parse(text);
    }
  };
  const list = async (path: string, type: string): Promise<unknown[]> => {
    const items: unknown[] = [];
    for (let url: string | undefined = path; url !== undefined; ) {
      const page = (await call("GET", url)) as Record<string, unknown> & { next?: string };
      items.push(...(page[type] as unknown[]));
      // It takes scheme and host off.
      url = page.next === undefined ? undefined : page.next.replace(/^https?:\/\/[^/]+/, "");
    }
    return items;
  };
  return { call, list, sent };
};

describe("the command line", () => {
  it("asks for 1.9, hears what there is, and asks again", async () => {
    const cli = createCommandLine(`${stage.url}/v1/`, stage.tokens.manager);
    await cli.call("GET", "/v1/boards");
    expect(cli.sent).toEqual([406, 200]);
  });
  it("creates boards, follows next over all of them, narrows, updates with texts and deletes", async () => {
    const cli = createCommandLine(stage.url, stage.tokens.manager);
    for (let count = 1; count <= 5; count += 1)
      await cli.call("POST", "/v1/boards", {
        ...{ name: `cli-${count}`, code: `code-${count}`, type: "raspberry", mobile: "False" },
        location: [{ latitude: "38.1", longitude: "15.5", altitude: "0" }],
        extra: { batch: "1" },
      });
    const all = (await cli.list(
      "/v1/boards?limit=2&status=registered&fields=uuid,name",
      "boards",
    )) as { uuid: string; name: string }[];
    expect(all.map(({ name }) => name)).toEqual(["cli-1", "cli-2", "cli-3", "cli-4", "cli-5"]);
    const down = (await cli.list(
      "/v1/boards/detail?limit=2&sort_key=name&sort_dir=desc&status=registered",
      "boards",
    )) as { name: string }[];
    expect(down.map(({ name }) => name)).toEqual(["cli-5", "cli-4", "cli-3", "cli-2", "cli-1"]);
    const changed = await cli.call("PATCH", "/v1/boards/cli-1", { mobile: "True", type: "server" });
    expect(changed).toMatchObject({ mobile: true, type: "server", extra: { batch: "1" } });
    for (const { uuid } of all) await cli.call("DELETE", `/v1/boards/${uuid}`);
    await expect(cli.call("GET", "/v1/boards/cli-1")).rejects.toThrow(
      "Board cli-1 could not be found.",
    );
  });
  it("retries what is in conflict, and shows why it is", async () => {
    const cli = createCommandLine(stage.url, stage.tokens.manager);
    const body = { name: "twice", port: "22", protocol: "TCP" };
    await cli.call("POST", "/v1/services", body);
    cli.sent.length = 0;
    await expect(cli.call("POST", "/v1/services", body)).rejects.toThrow("twice");
    expect(cli.sent).toEqual([406, 409, 406, 409, 406, 409]);
  });
  it("reads what is enabled on a board as an object", async () => {
    const cli = createCommandLine(stage.url, stage.tokens.manager);
    expect(await cli.call("GET", "/v1/boards/live/services/status")).toEqual({
      sockets: [],
      procs: [],
    });
  });
});

describe("the SDK in Go", () => {
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(stage.url + path, {
      method,
      headers: {
        "X-Auth-Token": stage.tokens.manager,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  /** What its type `Board` can be decoded from. */
  const isText = (value: unknown): boolean =>
    value === null || value === undefined || typeof value === "string";
  const decodes = (board: Record<string, unknown>): boolean =>
    ["uuid", "code", "status", "name", "type", "agent", "wstun_ip", "session", "lr_version"].every(
      (name) => isText(board[name]),
    ) &&
    typeof board.connectivity === "object" &&
    Array.isArray(board.links) &&
    (board.location === undefined ||
      (board.location as Record<string, unknown>[]).every(
        (place) =>
          isText(place.longitude) &&
          isText(place.latitude) &&
          isText(place.altitude) &&
          place.updated_at === null,
      ));

  it("lists, creates and deletes with a slash behind everything", async () => {
    const location = [{ longitude: "15", latitude: "38", altitude: "1", updated_at: null }];
    const made = await call("POST", "/v1/boards/", {
      ...{
        uuid: "",
        code: "go-1",
        status: "",
        name: "go-board",
        type: "server",
        agent: "",
        session: "",
      },
      ...{ fleet: null, lr_version: "", connectivity: {}, location },
    });
    expect([made.status, decodes(made.body)]).toEqual([201, true]);
    const { body } = await call("GET", "/v1/boards/");
    expect(body.boards.map(decodes)).toEqual([true, true]);
    expect(body.boards[0]).toMatchObject({
      name: "live",
      wstun_ip: "127.0.0.1",
      connectivity: { iface: "eth0", local_ip: "192.168.1.7", mac: "b8:27:eb:00:00:01" },
    });
    const plugin = await call("POST", "/v1/plugins/", {
      name: "go-plugin",
      code: "print(1)",
      parameters: { a: 1 },
      version: "1",
    });
    expect(plugin.status).toBe(201);
    const injected = await call("PUT", "/v1/boards/live/plugins/", {
      plugin: "go-plugin",
      onboot: false,
    });
    expect(injected.status).toBe(200);
    expect((await call("DELETE", `/v1/boards/live/plugins/${plugin.body.uuid}`)).status).toBe(204);
    expect((await call("DELETE", `/v1/plugins/${plugin.body.uuid}`)).status).toBe(204);
    expect((await call("DELETE", `/v1/boards/${made.body.uuid}`)).status).toBe(204);
  });
});

describe("a page of another origin", () => {
  const preflight = (origin: string) =>
    fetch(`${stage.url}/v1/boards`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "GET",
        "access-control-request-headers": "x-auth-token",
      },
    });
  it("may ask where the settings name it", async () => {
    const { headers } = await preflight("https://dashboard.example");
    expect(headers.get("access-control-allow-origin")).toBe("https://dashboard.example");
    expect(headers.get("access-control-allow-methods")).toBe("GET, PUT, POST, DELETE, PATCH");
    expect(headers.get("access-control-allow-headers")).toContain("X-Auth-Token");
    expect(headers.get("access-control-allow-credentials")).toBe(null);
    const answer = await fetch(`${stage.url}/v1/boards`, {
      headers: { origin: "https://dashboard.example", "x-auth-token": stage.tokens.manager },
    });
    expect(answer.headers.get("access-control-expose-headers")).toContain(version);
  });
  it("and not elsewhere", async () => {
    const { headers } = await preflight("https://elsewhere.example");
    expect(headers.get("access-control-allow-origin")).toBe(null);
  });
});
