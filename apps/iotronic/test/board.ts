// A board as an agent of another house would be one: it speaks the wire itself and does what no agent of ours does.
import {
  boardPrefix,
  CONTRACT,
  type cloudProcedures,
  cloudUri,
  ENROL_AUTHID,
  type HelloExtra,
  LINK_REALM,
  parseEnrolment,
  type ReportRow,
  toHex,
} from "@s4t/contract";
import { systemClock } from "@s4t/kit";
import {
  type CallHandler,
  type ClientSession,
  type Credentials,
  cryptosignCredentials,
  joinRealm,
  jsonCodec,
  openPeer,
  ticketCredentials,
} from "@s4t/wamp";
import {
  connectWebSocket,
  createEd25519KeyPair,
  type Ed25519KeyPair,
  ed25519Signer,
} from "@s4t/wamp/node";
import type { TestCloud } from "./cloud.ts";

/** What a board is to the cloud. */
export interface EnrolledBoard {
  readonly uuid: string;
  readonly name: string;
  readonly key: Ed25519KeyPair;
}

/** How the board says hello, where it matters. */
export type Hello = Partial<HelloExtra>;

export const linkOf = (url: string): string => `${url.replace(/^http/, "ws")}/link`;

const helloOf = (key: Ed25519KeyPair, hello: Hello) => ({
  contract: CONTRACT,
  features: ["board", "sensors"],
  version: "0.0.1",
  ...hello,
  pubkey: key.publicKey,
});

const join = async (
  cloud: Pick<TestCloud, "url">,
  credentials: Credentials,
  authextra: object,
): Promise<ClientSession> => {
  const { subprotocol } = jsonCodec;
  const transport = await connectWebSocket(
    { url: linkOf(cloud.url), subprotocol },
    { clock: systemClock },
  );
  return joinRealm(
    openPeer(transport, jsonCodec),
    { realm: LINK_REALM, credentials, authextra: { ...authextra } },
    { clock: systemClock },
  );
};

/** What proves that it is this board, on a plain connection. */
export const credentialsOf = ({ uuid, key }: EnrolledBoard): Credentials =>
  cryptosignCredentials({
    authid: toHex(uuid),
    publicKey: key.publicKey,
    sign: ed25519Signer(key.privateKey),
  });

/** Joins with these credentials, and says more in its greeting than it should. */
export const joinWith = (
  cloud: Pick<TestCloud, "url">,
  credentials: Credentials,
  key: Ed25519KeyPair,
  more: object,
): Promise<ClientSession> => join(cloud, credentials, { ...helloOf(key, {}), ...more });

/** Tries to enrol with a code. */
export const enrolWith = (
  cloud: Pick<TestCloud, "url">,
  code: string,
  key = createEd25519KeyPair(),
): Promise<ClientSession> =>
  join(cloud, ticketCredentials({ authid: ENROL_AUTHID, ticket: code }), helloOf(key, {}));

/** Registers a board and uses its enrolment up with a new key; the session that enrolled is left open. */
export const startEnrolment = async (
  cloud: TestCloud,
  name: string,
  token: string = cloud.admin,
): Promise<{ readonly board: EnrolledBoard; readonly session: ClientSession }> => {
  const made = await cloud.call("POST", "/api/boards", { token, body: { name } });
  if (made.status !== 201) throw new Error(made.text);
  const { code } = parseEnrolment(made.body.enrolment.enrolment);
  const key = createEd25519KeyPair();
  const session = await enrolWith(cloud, code, key);
  return { board: { uuid: made.body.board.uuid, name, key }, session };
};

/** Registers a board, in the project of the token that does it, and enrols it with a key of its own. */
export const enrolBoard = async (
  cloud: TestCloud,
  name: string,
  token: string = cloud.admin,
): Promise<EnrolledBoard> => {
  const { board, session } = await startEnrolment(cloud, name, token);
  await session.close();
  return board;
};

/** A board's session on the link. */
export interface BoardSession {
  readonly session: ClientSession;
  readonly epoch: number;
  /** Calls a procedure of the cloud; the answer's first argument. */
  ask(
    procedure: (typeof cloudProcedures)[keyof typeof cloudProcedures],
    args: object,
  ): Promise<unknown>;
  /** Reports rows from number `seq` on; answers what is acknowledged. */
  report(seq: number, rows: readonly (ReportRow | object)[], bootId?: string): Promise<number>;
}

/** A batch as it goes by either way. */
export const batchOf = (seq: number, rows: readonly object[], bootId = "boot") => ({
  bootId,
  seq,
  sentAtMs: Date.now(),
  synchronised: true,
  rows,
});

/** Joins as this board. */
export const joinAs = async (
  cloud: Pick<TestCloud, "url">,
  board: EnrolledBoard,
  hello: Hello = {},
): Promise<BoardSession> => {
  const session = await join(cloud, credentialsOf(board), helloOf(board.key, hello));
  const ask: BoardSession["ask"] = async (procedure, args) =>
    (await session.call(cloudUri(procedure), { args: [args], timeoutMs: 10_000 })).args[0];
  const { epoch } = session.details.authextra as { epoch: number };
  return {
    session,
    epoch,
    ask,
    report: async (seq, rows, bootId) => {
      const { args } = await session.call("s4t.cloud.report.append", {
        args: [batchOf(seq, rows, bootId)],
        timeoutMs: 10_000,
      });
      return (args[0] as { acked: number }).acked;
    },
  };
};

/** Offers the board's one prefix. */
export const offer = (
  { session }: BoardSession,
  board: EnrolledBoard,
  handler: CallHandler,
): Promise<unknown> => session.register(boardPrefix(board.uuid), handler, { match: "prefix" });

/** A row of a target's entry, as reported. */
export const entryRow = (revision: number, state: "reached" | "failed" | "waiting") => ({
  kind: "entries",
  revision,
  entries: [{ key: "settings/sensors", hash: "h", state }],
});
