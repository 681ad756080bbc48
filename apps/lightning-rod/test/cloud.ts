// The cloud's end of the link, doing what the test says: a real router on a real socket, without a house behind it.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type AnswerOf,
  type ArgsOf,
  boardUri,
  CONTRACT,
  cloudProcedures,
  cloudUri,
  type KnownOfBoard,
  LINK_REALM,
  type Procedure,
  type ReportBatch,
} from "@s4t/contract";
import { systemClock } from "@s4t/kit";
import {
  type Authenticator,
  type CallOptions,
  type CallResult,
  createRouter,
  cryptosignAuthenticator,
  joinRealm,
  jsonCodec,
  linkedPeers,
  openPeer,
} from "@s4t/wamp";
import { acceptWebSockets, secureRandom, verifyEd25519 } from "@s4t/wamp/node";

type Target = AnswerOf<typeof cloudProcedures.targetGet>;

export interface TestLink {
  readonly url: string;
  /** What the next `target.get` answers; a target without sections and jobs until said. */
  answer: Target;
  /** What boards that join are told; nothing until said. */
  knows: KnownOfBoard | undefined;
  /** Whether the next report is of series that nobody knows. */
  describe: boolean;
  /** How often the target was asked for. */
  asked: number;
  /** How many of the next `target.get` fail. */
  failing: number;
  readonly reports: ReportBatch[];
  /** Bytes by the name that a board asks for. */
  readonly blobs: Map<string, Buffer>;
  /** Ranges that were asked for, with the ticket. */
  readonly fetched: string[];
  /** Bytes after which a download is cut; none unless said. */
  cutAfter: number | undefined;
  /** Sessions of boards that joined, in order. */
  readonly joined: number[];
  call(board: string, procedure: Procedure, options?: CallOptions): Promise<CallResult>;
  /** Ends a session with a reason. */
  end(session: number, reason: string): void;
  close(): Promise<void>;
}

export const noTarget: Target = {
  target: { revision: 1, sections: {} },
  jobs: [],
  moreJobs: false,
};

/** Opens one for the board of this id, whatever key it has. */
export const openTestLink = async (board: string): Promise<TestLink> => {
  const extra = { board, name: "test", epoch: 1, contract: CONTRACT, timeMs: Date.now() };
  const joined: number[] = [];
  const cryptosign = cryptosignAuthenticator({
    verify: verifyEd25519,
    randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
    findPrincipal: (_, { authid = "" }) => ({ authid, authrole: "board", authextra: extra }),
  });
  const authenticator: Authenticator = {
    ...cryptosign,
    async finish(...asked) {
      const verdict = await cryptosign.finish(...asked);
      return verdict.kind === "welcome" && link.knows
        ? { ...verdict, told: { knows: link.knows } }
        : verdict;
    },
  };
  const router = createRouter(
    {
      realms: [
        {
          name: LINK_REALM,
          authenticators: [authenticator],
          authorize: () => "allow",
          onJoin: ({ id, authrole }) => void (authrole === "board" && joined.push(id)),
        },
      ],
    },
    { clock: systemClock, random: secureRandom },
  );
  const door = acceptWebSockets(
    {
      subprotocols: [jsonCodec.subprotocol],
      onTransport: (transport) => router.attach(openPeer(transport, jsonCodec)),
    },
    { clock: systemClock },
  );
  const server = createServer((request, response) => {
    const { authorization, range } = request.headers;
    link.fetched.push(`${authorization} ${range ?? "all"}`);
    const blob = link.blobs.get((request.url ?? "").slice("/blobs/".length));
    if (!blob) {
      response.writeHead(404).end();
      return;
    }
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    const rest = blob.subarray(from);
    response.writeHead(range === undefined ? 200 : 206, {
      "content-length": rest.length,
      "content-range": `bytes ${from}-${blob.length - 1}/${blob.length}`,
    });
    if (link.cutAfter === undefined || link.cutAfter >= rest.length) response.end(rest);
    else
      response.write(rest.subarray(0, link.cutAfter), () =>
        setTimeout(() => response.destroy(), 10),
      );
  });
  server.on("upgrade", (request, socket, head) => door.handleUpgrade(request, socket, head));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const [near, far] = linkedPeers();
  router.attach(far, { trustedAs: { authid: "cloud", authrole: "cloud" } });
  const cloud = await joinRealm(near, { realm: LINK_REALM }, { clock: systemClock });
  const link: TestLink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: noTarget,
    knows: undefined,
    describe: false,
    asked: 0,
    failing: 0,
    reports: [],
    blobs: new Map(),
    fetched: [],
    cutAfter: undefined,
    joined,
    call: (uuid, procedure, options) => cloud.call(boardUri(uuid, procedure), options),
    end: (session, reason) => void router.endSession(LINK_REALM, session, reason),
    async close() {
      router.close();
      door.close();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  await cloud.register(
    "s4t.cloud.",
    ({ procedure, args }) => {
      if (procedure === cloudUri(cloudProcedures.targetGet)) {
        link.asked += 1;
        if (link.failing > 0) {
          link.failing -= 1;
          throw new Error("the database is away");
        }
        const { jobsAfter } = args[0] as ArgsOf<typeof cloudProcedures.targetGet>;
        const jobs = link.answer.jobs.filter(({ cursor }) => cursor > jobsAfter);
        return { args: [{ ...link.answer, jobs }] };
      }
      if (procedure === cloudUri(cloudProcedures.blobTicket)) {
        const { sha256 } = args[0] as ArgsOf<typeof cloudProcedures.blobTicket>;
        return { args: [{ path: `/blobs/${sha256}`, token: "ticket", expiresInS: 60 }] };
      }
      const batch = args[0] as ReportBatch;
      link.reports.push(batch);
      const { describe } = link;
      link.describe = false;
      return {
        args: [{ acked: batch.seq + batch.rows.length - 1, ...(describe ? { describe } : {}) }],
      };
    },
    { match: "prefix" },
  );
  return link;
};
