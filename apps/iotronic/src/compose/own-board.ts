// This machine as a board of its own cloud: an agent process that is enrolled at the first start and looked after from then on.
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Clock, Log, Part } from "@s4t/kit";
import { createKeptProgram } from "./kept-program.ts";
import { agentBundle } from "./place.ts";

export interface OwnBoardOptions {
  /** Data folder of the agent. */
  readonly folder: string;
  /** Address of the cloud on this machine: it may have another port than at the last start. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes an enrolment for a board of this name, or for the one that has it. */
  readonly enrol: (name: string) => Promise<string>;
}

/** Name of this machine as a board. */
export const ownBoardName = (): string =>
  (hostname().split(".", 1)[0] ?? "").slice(0, 63) || "this-machine";

/** Makes the part. No reboot command: a cloud does not take down the machine that it runs on. */
export const createOwnBoard = ({ folder, url, clock, log, enrol }: OwnBoardOptions): Part => {
  let enrolment: string | undefined;
  return createKeptProgram({
    name: "This machine's agent",
    file: agentBundle,
    clock,
    log,
    arguments: async () => {
      // Enrolled already, or not yet: a first agent may have died before it got that far.
      const isEnrolled = existsSync(join(folder, "identity.json"));
      enrolment = isEnrolled ? undefined : await enrol(ownBoardName());
      const asked = enrolment === undefined ? [] : ["--enrol", "-"];
      return ["run", "--data", folder, "--url", url, "--end-with-input", ...asked];
    },
    // Not as an argument: every user of the machine sees those.
    input: () => (enrolment === undefined ? "" : `${enrolment}\n`),
  });
};
