// A client of the original's tunnels as `wstun` behaves: one control connection for a public port; for each connection that it is told
// of one WebSocket more, joined to the local port, what it sends cut into fragments.
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import type { TestCloud } from "./cloud.ts";

/** The greatest fragment that its library sends. */
const FRAGMENT_BYTES = 16_384;

export const wstunUrl = ({ cloud }: Pick<TestCloud, "cloud">): string =>
  `ws://127.0.0.1:${cloud.legacy?.ports().wstun}`;

/** Opens one WebSocket there. Throws the status with which it was refused. */
export const openWstun = async (
  cloud: Pick<TestCloud, "cloud">,
  query: string,
  protocol: string | string[] = "tunnel-protocol",
  from = "127.0.0.1",
): Promise<WebSocket> => {
  const socket = new WebSocket(`${wstunUrl(cloud)}/${query}`, protocol, { localAddress: from });
  const opened = new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("unexpected-response", (_request, { statusCode }) =>
      reject(new TypeError(`refused with ${statusCode}`)),
    );
    socket.once("error", reject);
  });
  await opened;
  return socket;
};

const join = (data: WebSocket, local: Socket): void => {
  data.on("message", (bytes: Buffer) => local.write(bytes));
  local.on("data", (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += FRAGMENT_BYTES)
      data.send(bytes.subarray(at, at + FRAGMENT_BYTES), {
        binary: true,
        fin: at + FRAGMENT_BYTES >= bytes.length,
      });
    if (data.bufferedAmount < 1_000_000) return;
    local.pause();
    const again = (): void => {
      if (data.bufferedAmount < 500_000 || data.readyState !== WebSocket.OPEN) local.resume();
      else setTimeout(again, 5);
    };
    again();
  });
  local.on("close", () => data.close());
  data.on("close", () => local.destroy());
  data.on("error", () => {});
  local.on("error", () => {});
};

export interface WstunClient {
  readonly control: WebSocket;
  readonly closed: Promise<unknown>;
  close(): void;
}

/** `wstun -r<port>:127.0.0.1:<localPort> ws://host:8080 [-u uuid]`. */
export const runWstun = async (
  cloud: Pick<TestCloud, "cloud">,
  port: number,
  localPort: number,
  uuid?: string,
): Promise<WstunClient> => {
  const query = `?dst=127.0.0.1:${port}${uuid === undefined ? "" : `&uuid=${uuid}`}`;
  const control = await openWstun(cloud, query);
  const open = new Set<WebSocket>();
  control.on("message", (text: Buffer) => {
    const [, id = ""] = /^NC:(.+)$/.exec(text.toString()) ?? [];
    openWstun(cloud, `?id=${id}`).then(
      (data) => {
        open.add(data);
        data.on("close", () => open.delete(data));
        join(data, connect(localPort, "127.0.0.1"));
      },
      () => {},
    );
  });
  return {
    control,
    closed: new Promise((resolve) => {
      control.on("error", () => {}).on("close", resolve);
    }),
    close() {
      for (const each of [control, ...open]) each.terminate();
    },
  };
};
