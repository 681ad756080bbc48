import { refused, unavailable } from "./row.ts";

/** Operations, the audit log, observations, backups. */
export const operationErrors = {
  "operation.not-found": refused(404)(
    "notFound",
    "There is no such operation, or you may not see it.",
  ),
  "operation.finished": refused(409)(
    "usage",
    "The operation cannot be canceled any more: it is {state}.",
  ),
  "operation.unrecorded": unavailable(507)(
    "io",
    "The board was asked, and the cloud could not put that on record: {because} The board may have begun it and was told to stop; how far it came is not known.",
  ),
  "bulk.nothing": refused(422)("notFound", "No board matches: nothing was begun."),
  "bulk.too-many": refused(422)(
    "usage",
    "More than {limit} boards match: narrow the selection, or do it in parts.",
  ),
  "bulk.incomplete": refused(409)("unavailable", "{count} of {total} boards are not done."),
  "audit.not-found": refused(404)(
    "notFound",
    "There is no such audit entry, or you may not see it.",
  ),
  "audit.tampered": refused(409)(
    "data",
    "The log does not match its proof from entry {index} on: {because}.",
  ),
  "series.not-found": refused(404)("notFound", "There is no such series, or you may not see it."),
  "backup.newer": refused(409)("config", "The backup was made by a newer release: {version}."),
  "authority.not-found": refused(404)(
    "notFound",
    "This cloud keeps to its own machine: it has an authority once it was started with --listen.",
  ),
  "backup.invalid": refused(422)("data", "This is not a backup that can be restored: {because}."),
} as const;
