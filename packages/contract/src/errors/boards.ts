import { refused, refusedForNow, unavailable } from "./row.ts";

/** Boards, their enrolment, their commands and their target. */
export const boardErrors = {
  "board.not-found": refused(404)("notFound", "There is no such board, or you may not see it."),
  "board.name-taken": refused(409)(
    "cannotCreate",
    "A board named {name} exists already in this project.",
  ),
  "board.offline": unavailable(503)("unavailable", "The board is offline."),
  "board.never-seen": unavailable(503)("unavailable", "The board has not been enrolled yet."),
  "board.retired": refused(409)("usage", "The board is retired: only its history is kept."),
  "board.unsupported": refused(501)(
    "usage",
    "The agent on this board cannot do that: it lacks {feature}.",
  ),
  "board.original": refused(501)(
    "usage",
    "This board runs the original agent, which cannot do that: {what}.",
  ),
  "board.power-disabled": refused(403)("noPermission", "This agent may not reboot its machine."),
  "board.upgrade-only": refused(409)(
    "usage",
    "The agent is too old for commands (contract {contract}): upgrade it first.",
  ),
  "board.failed": refused(502)("software", "The board tried and failed: {because}."),
  "board.busy": refusedForNow(429)("tryAgain", "The board has {pending} calls under way already."),
  "board.storage": unavailable(507)("io", "The board cannot write its disk: {because}."),
  "command.unknown": unavailable(502)(
    "tryAgain",
    "Sent, then the link broke: nobody knows whether it ran. It was not sent again.",
  ),
  "command.expired": refused(410)("tryAgain", "The board did not come back in time."),
  "enrolment.invalid": refused(401)("noPermission", "This enrolment code is not known."),
  "enrolment.expired": refused(410)(
    "noPermission",
    "This enrolment code has expired: make a new one.",
  ),
  "enrolment.used": refused(409)("noPermission", "This enrolment code was used already."),
  "enrolment.code-taken": refused(409)(
    "cannotCreate",
    "This registration code cannot be used: choose another one, or leave it to the cloud.",
  ),
  "legacy.off": refused(409)(
    "config",
    "This cloud takes no boards with the original agent: its setting legacy.enabled is off.",
  ),
  "link.revoked": refused(401)("noPermission", "The board's key is not known or was withdrawn."),
  "link.superseded": refused(409)("unavailable", "A newer connection of the same board took over."),
  "link.version": refused(426)(
    "config",
    "This agent speaks contract {contract}; the cloud accepts {oldest} to {newest}.",
  ),
  "link.not-allowed": refused(403)("noPermission", "A board may not do this on its link."),
  "target.entry-unknown": refused(422)("data", "This agent does not know the entry kind {kind}."),
  "target.entry-failed": refused(422)("software", "The entry could not be applied: {because}."),
} as const;
