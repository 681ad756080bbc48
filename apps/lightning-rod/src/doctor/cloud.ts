// What can be asked of the cloud: whether the way there is open, whether it is ours, whether it knows this board, what it runs.
import { isIP } from "node:net";
import { CONTRACT, check, type ErrorCode, isNewerRelease, RELEASE, toHex } from "@s4t/contract";
import { isS4tError, systemClock } from "@s4t/kit";
import { cryptosignCredentials, WampError, wampErrors } from "@s4t/wamp";
import * as Type from "typebox";
import { features } from "../enrol.ts";
import type { BoardIdentity, BoardKey } from "../identity.ts";
import { askJson } from "../link/ask-json.ts";
import { openSession } from "../link/connect.ts";
import { notReached, type ReachStep } from "../link/not-reached.ts";
import { fromWire } from "../link/wire-errors.ts";
import { nextStepOf } from "../next-steps.ts";
import { type Finding, failed, note, ok } from "./finding.ts";

/** A clock that differs from the cloud's by less is not spoken of: what the answer took on its way is in it. */
export const CLOCK_DIFFERENCE_MS = 10_000;

const About = Type.Object({
  release: Type.String(),
  contract: Type.Integer(),
  time: Type.String(),
});

const whereOf = (url: string): string => {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
};

/** What to do where the cloud was not reached, by the step that failed. */
const nextWhenAway = (url: string, step: ReachStep): string => {
  const where = whereOf(url);
  const isHere = isLoopback(new URL(url).hostname);
  switch (step) {
    case "refused":
      return isHere
        ? "Start the cloud (npm start), or say where it is now: --url"
        : `On the cloud's machine: is it running, with --listen, and at this port? From here: curl -vk ${url}/readyz`;
    case "silent":
      return `Something on the way drops what is sent to ${where}: look at firewalls, and at the address`;
    case "no-way":
      return "This machine has no way there: look at its network (ip addr, ip route)";
    case "name":
      return "Start the cloud with --address for every name that boards use, or say a name that its certificate has: --url";
    default:
      return `What answers at ${where} is no cloud of ours: look at the port, and at proxies in between`;
  }
};

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || host.startsWith("127.");

const checkName = async (url: string): Promise<Finding | undefined> => {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  if (isIP(host)) return undefined;
  const { lookup } = await import("node:dns/promises"); // the agent that runs never needs it
  try {
    await lookup(host);
    return undefined;
  } catch {
    return failed(
      "cloud.unreachable",
      `The name ${host} is not known here`,
      "Look at the resolver (/etc/resolv.conf), or say an address: --url",
    );
  }
};

/** Thrown at the cloud's challenge: it knows the key, and nothing more is wanted. A whole join would end a running agent's. */
const recognised = new WampError(wampErrors.canceled, "The doctor only knocks.");

const knock = async ({ identity, key }: Known): Promise<void> => {
  try {
    const session = await openSession(
      { url: identity.url, ca: identity.ca },
      { key, features, simulated: false },
      { clock: systemClock },
      (channelId) => ({
        ...cryptosignCredentials({
          authid: toHex(identity.board),
          publicKey: key.publicKey,
          sign: () => new Uint8Array(),
          channelId,
        }),
        answer: () => {
          throw recognised;
        },
      }),
      new AbortController().signal,
    );
    await session.close();
  } catch (error) {
    if (error !== recognised) throw notReached(fromWire(error), identity.url);
  }
};

const findingOf = (error: unknown, url: string): Finding => {
  if (!isS4tError(error)) throw error;
  const next = nextStepOf(error.code);
  if (next !== undefined) return failed(error.code as ErrorCode, error.message, next);
  const { step = "other" } = (error.details ?? {}) as { step?: ReachStep };
  return failed("cloud.unreachable", error.message, nextWhenAway(url, step));
};

const checkRelease = ({ release, contract }: { release: string; contract: number }): Finding => {
  const what = `The cloud is release ${release} (contract ${contract}); this agent is ${RELEASE} (contract ${CONTRACT})`;
  return isNewerRelease(release, RELEASE)
    ? note(what, "Bring the agent up to date: paste again what s4t board enrol NAME prints")
    : ok(what);
};

const checkTime = (time: string): Finding => {
  const differenceMs = systemClock.now() - Date.parse(time);
  const s = Math.round(Math.abs(differenceMs) / 1_000);
  return Math.abs(differenceMs) < CLOCK_DIFFERENCE_MS
    ? ok("The clock agrees with the cloud's")
    : note(
        `The clock is ${s} s ${differenceMs < 0 ? "behind" : "ahead of"} the cloud's: it says ${new Date(systemClock.now()).toISOString()}`,
        "Set it, or start a time service: timedatectl set-ntp true. Until then the cloud dates this board's values",
      );
};

interface Known {
  readonly identity: BoardIdentity;
  readonly key: BoardKey;
}

/** Asks the cloud, step by step; what follows from an earlier failure is not told again. */
export const checkCloud = async (known: Known): Promise<Finding[]> => {
  const { url, ca } = known.identity;
  const unnamed = await checkName(url);
  if (unnamed) return [unnamed];
  try {
    await knock(known);
  } catch (error) {
    return [findingOf(error, url)];
  }
  const findings = [
    ok(
      `The cloud answers at ${url}${ca === null ? "" : ", with a certificate that this board trusts"}`,
    ),
    ok("The cloud knows this board's key"),
  ];
  try {
    const about = check(About, await askJson({ url: `${url}/api/about`, ca }), "about");
    return [...findings, checkRelease(about), checkTime(about.time)];
  } catch (error) {
    return [...findings, findingOf(error, url)];
  }
};
