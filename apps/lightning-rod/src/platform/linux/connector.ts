// Dials TCP: the name is resolved once, each address that it has is asked about, and what is dialled is an address.
import { lookup } from "node:dns/promises";
import { connect as connectSocket, isIP, type Socket } from "node:net";
import { fail } from "@s4t/contract";
import { type Clock, createDeadline, untilAborted } from "@s4t/kit";
import { pipeSocket } from "@s4t/tunnel/node";
import type { Connect } from "../connector.ts";

/** Longest that a dial takes, the name's resolution and every address together. */
export const CONNECT_TIMEOUT_MS = 10_000;

const wordsOf: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  EHOSTUNREACH: "no way leads there",
  ENETUNREACH: "no way leads there",
  ETIMEDOUT: "nobody answers there",
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "the name could not be looked up",
  ECONNRESET: "the connection broke",
  EACCES: "the system does not let it",
};

const becauseOf = (error: unknown): string => {
  const { code } = error as { code?: string };
  if (code === "deadline.exceeded") return `no answer within ${CONNECT_TIMEOUT_MS / 1_000} s`;
  return wordsOf[code ?? ""] ?? code ?? "it failed";
};

const addressesOf = async (host: string, signal: AbortSignal): Promise<string[]> => {
  if (isIP(host) !== 0) return [host];
  const found = await untilAborted(lookup(host, { all: true }), signal);
  return found.map(({ address }) => address);
};

const dial = (host: string, port: number, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connectSocket({ host, port, allowHalfOpen: true, noDelay: true });
    const giveUp = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      signal.removeEventListener("abort", giveUp);
      socket.off("error", reject);
      // What breaks from here on is told by the close that follows.
      socket.on("error", () => {});
      resolve(socket);
    });
  });

/** Makes a {@link Connect}. */
export const createConnect =
  (clock: Clock): Connect =>
  async ({ host, port, refusalOf, signal }) => {
    const deadline = createDeadline(clock, CONNECT_TIMEOUT_MS, signal);
    const endpoint = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    let refusal: string | undefined;
    let failure: unknown;
    try {
      for (const address of await addressesOf(host, deadline.signal)) {
        const because = refusalOf(address);
        if (because !== undefined) {
          refusal ??= because;
          continue;
        }
        try {
          const socket = await dial(address, port, deadline.signal);
          return { pipe: (stream) => pipeSocket(stream, socket), close: () => socket.destroy() };
        } catch (error) {
          failure = error;
          if (deadline.signal.aborted) break;
        }
      }
    } catch (error) {
      failure = error;
    } finally {
      deadline[Symbol.dispose]();
    }
    if (failure === undefined && refusal !== undefined)
      throw fail("service.not-allowed", { endpoint, because: refusal });
    throw fail("service.unreachable", { endpoint, because: becauseOf(failure) }, failure);
  };
