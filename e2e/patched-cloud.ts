// A cloud that somebody has patched, as its users see it: it leads who asks for a way to one board to another one.
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { json } from "node:stream/consumers";

export interface PatchedCloud {
  readonly url: string;
  /** Ways to `from` lead to `to` from now on; `key`: what is said to be the board's, in place of its own. */
  mislead(from: string, to: string, key?: string): void;
  close(): void;
}

/** Starts one before the cloud at `url`. */
export const openPatchedCloud = async (url: string): Promise<PatchedCloud> => {
  let patch: { from: string; to: string; key?: string | undefined } | undefined;
  const server = createServer(async (request, response) => {
    const { method = "GET", headers } = request;
    const body = method === "GET" ? {} : { body: JSON.stringify(await json(request)) };
    const { pathname } = new URL(request.url ?? "", url);
    const way = /^\/api\/boards\/([^/]+)\/(?:shell|files)$/.exec(pathname)?.[1];
    const isPatched = patch !== undefined && way === patch.from;
    const path = isPatched ? request.url?.replace(`/${way}/`, `/${patch?.to}/`) : request.url;
    const { authorization = "" } = headers;
    const sent = { authorization, "content-type": "application/json" };
    const answer = await fetch(`${url}${path}`, { method, headers: sent, ...body });
    let text = await answer.text();
    if (isPatched && patch?.key !== undefined) {
      const said = JSON.parse(text);
      text = JSON.stringify({ ...said, challenge: { ...said.challenge, board: patch.key } });
    }
    const type = answer.headers.get("content-type") ?? "application/json";
    response.writeHead(answer.status, { "content-type": type }).end(text);
  });
  // Tunnels go by as they are: their tickets lead where they were issued to.
  server.on("upgrade", ({ method, url: path, rawHeaders }, near, head) => {
    const { hostname, port } = new URL(url);
    const far = connect(Number(port), hostname);
    const lines = rawHeaders.flatMap((name, i) => (i % 2 ? [] : [`${name}: ${rawHeaders[i + 1]}`]));
    far.write([`${method} ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
    far.write(head);
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mislead(from, to, key) {
      patch = { from, to, key };
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
};
