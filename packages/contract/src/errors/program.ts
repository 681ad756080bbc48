import { bug, refused, unavailable } from "./row.ts";

/** What keeps a program of ours from starting or going on, on the machine where it runs. */
export const programErrors = {
  "config.invalid": refused(400)("config", "Setting {setting}: {because}."),
  "config.unknown": refused(400)("config", "There is no setting {setting}."),
  "file.unusable": refused(400)("io", "File {file}: {because}."),
  "data.locked": refused(409)("cannotCreate", "The folder {folder} is in use by process {pid}."),
  "data.unwritable": refused(403)(
    "cannotCreate",
    "The folder {folder} cannot be written: {because}.",
  ),
  "data.newer": refused(409)(
    "config",
    "The folder {folder} was written by a newer release: {version}.",
  ),
  "data.damaged": bug(500)("data", "The database {file} is damaged. Restore a backup."),
  "port.in-use": refused(409)(
    "cannotCreate",
    "Port {port} on {host} is taken by another program. Choose one with --port.",
  ),
  "agent.enrolment-string": refused(400)("usage", "This is not an enrolment string: {because}."),
  "agent.not-enrolled": refused(409)(
    "config",
    "This agent has no identity yet: run it once with --enrol.",
  ),
  "agent.wrong-cloud": refused(403)(
    "noPermission",
    "What answers at {url} is not the cloud that this board trusts: it holds another key.",
  ),
  "agent.wrong-clock": unavailable(503)(
    "tryAgain",
    "The clock here says {now}, when the certificate of the cloud at {url} is not valid.",
  ),
  "cloud.unreachable": unavailable(503)("unavailable", "No cloud answers at {url}: {because}."),
} as const;
