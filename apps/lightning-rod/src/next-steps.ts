// What whoever looks after a board can do about a failure that another try does not change, by its code.
import type { ErrorCode } from "@s4t/contract";

const steps: Partial<Record<ErrorCode, string>> = {
  "agent.wrong-cloud":
    "Somebody else answers there. Is the address right (--url), and did the cloud keep its data folder? A new cloud needs a new enrolment",
  "agent.wrong-clock": "Set the clock, or start a time service: timedatectl set-ntp true",
  "enrolment.expired": "Make another one on the cloud: s4t board enrol NAME",
  "enrolment.used": "Make another one on the cloud: s4t board enrol NAME",
  "link.revoked":
    "Look at the cloud that answers there: s4t board show NAME. Not there: it is another cloud than this board was enrolled with; say where that one is now (--url), or enrol this board anew. Retired: make a new board. Enrolled again elsewhere: s4t board enrol NAME, and run the agent here with --enrol",
  "link.version":
    "Bring agent and cloud to releases that understand each other: the cloud serves the agent that fits it, as s4t board enrol NAME prints",
  "cloud.unavailable": "Try again in a moment; then look at the cloud's own log",
};

/** What to do about a failure, where there is more to say than its sentence. */
export const nextStepOf = (code: string): string | undefined =>
  Object.hasOwn(steps, code) ? steps[code as ErrorCode] : undefined;
