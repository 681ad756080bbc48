// What keeps this board from its cloud: each question with its answer and the next step.
import { accessSync, constants, statfsSync } from "node:fs";
import { exitCodeOf } from "@s4t/contract";
import { isS4tError, systemClock } from "@s4t/kit";
import { jsonCodec } from "@s4t/wamp";
import { connectWebSocket } from "@s4t/wamp/node/client";
import type { AgentConfig } from "./config.ts";
import { type BoardIdentity, readIdentity } from "./identity.ts";
import { createLinux } from "./platform/linux/linux.ts";
import { openFolder } from "./storage.ts";

/** Free space below which the buffer of reports may not fit. */
export const MIN_FREE_BYTES = 33_554_432;

interface Finding {
  readonly ok: boolean;
  readonly what: string;
  readonly next?: string;
}

const checkFolder = (folder: string): Finding => {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < MIN_FREE_BYTES)
      return {
        ok: false,
        what: `The data folder ${folder} has little space left`,
        next: "Free some: reports are buffered there",
      };
    return { ok: true, what: `The data folder ${folder} is there and writable` };
  } catch {
    return {
      ok: false,
      what: `The data folder ${folder} is missing or not writable`,
      next: "Run the agent once with --enrol, as the same user",
    };
  }
};

const checkClock = (folder: string): Finding => {
  const year = new Date().getFullYear();
  if (year < 2026)
    return {
      ok: false,
      what: `The clock says ${year}`,
      next: "Set it, or start a time service: certificates cannot be checked",
    };
  const synchronised = createLinux({
    clock: systemClock,
    diskFolder: folder,
  }).isClockSynchronised();
  return synchronised
    ? { ok: true, what: "The clock is kept by a time service" }
    : {
        ok: true,
        what: "No time service was found; values are dated by the cloud where the clock is wrong",
      };
};

const checkCloud = async ({ url, ca }: BoardIdentity): Promise<Finding> => {
  const { lookup } = await import("node:dns/promises");
  const host = new URL(url).hostname;
  try {
    await lookup(host);
  } catch {
    return {
      ok: false,
      what: `The name ${host} is not known here`,
      next: "Look at the resolver: /etc/resolv.conf",
    };
  }
  try {
    const transport = await connectWebSocket(
      {
        url: `${url.replace(/^http/, "ws")}/link`,
        subprotocol: jsonCodec.subprotocol,
        ...(ca === null ? {} : { tls: { ca } }),
      },
      { clock: systemClock },
    );
    transport.close(1000, "doctor");
    return {
      ok: true,
      what: `The cloud answers at ${url}${ca === null ? "" : ", with the certificate that this board trusts"}`,
    };
  } catch (error) {
    const because = isS4tError(error) ? error.message : String(error);
    return {
      ok: false,
      what: `The cloud does not answer at ${url}: ${because}`,
      next: "Is it running, and is the way to it open? A wrong certificate means another cloud",
    };
  }
};

/** Answers 0 when all is well. */
export const doctor = async ({ data }: AgentConfig): Promise<number> => {
  const findings: Finding[] = [
    { ok: true, what: `Node.js ${process.versions.node} on ${process.arch}` },
    checkFolder(data),
  ];
  let identity: BoardIdentity | undefined;
  if (findings.every(({ ok }) => ok)) {
    identity = readIdentity(openFolder(data));
    findings.push(checkClock(data));
    findings.push(
      identity
        ? { ok: true, what: `This board is ${identity.name} (${identity.board})` }
        : {
            ok: false,
            what: "This agent is not enrolled",
            next: "Make an enrolment: s4t board create NAME",
          },
    );
  }
  if (identity) findings.push(await checkCloud(identity));
  for (const { ok, what, next } of findings)
    process.stdout.write(`${ok ? "ok  " : "FAIL"} ${what}${next ? `\n     → ${next}` : ""}\n`);
  return findings.every(({ ok }) => ok) ? 0 : exitCodeOf("cloud.unreachable");
};
