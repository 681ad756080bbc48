import { refused, refusedForNow, unavailable } from "./row.ts";

/** Services, exposures, tunnels, shell, files. */
export const serviceErrors = {
  "service.not-found": refused(404)("notFound", "There is no such service, or you may not see it."),
  "service.not-exposed": refused(404)("notFound", "The service is not exposed on this board."),
  "service.name-taken": refused(409)(
    "cannotCreate",
    "A service named {name} exists already in this project.",
  ),
  "service.in-use": refused(409)(
    "usage",
    "The service is still exposed on {boards} boards: withdraw it there first.",
  ),
  "service.not-allowed": refused(403)(
    "noPermission",
    "The board does not allow {endpoint}: {because}.",
  ),
  "service.unreachable": unavailable(502)(
    "unavailable",
    "The board cannot reach {endpoint}: {because}.",
  ),
  "exposure.open-to-all": refused(409)(
    "usage",
    "Whoever reaches {address} reaches this service: say which addresses may, as its sources.",
  ),
  "port.taken": refused(409)("cannotCreate", "Public port {port} is not free: {because}."),
  "port.exhausted": refusedForNow(503)(
    "tryAgain",
    "All public ports from {first} to {last} are in use.",
  ),
  "port.outside": refused(422)("usage", "Public port {port} is outside of {first} to {last}."),
  "tunnel.ticket-invalid": refused(401)(
    "noPermission",
    "The ticket is not known, used up, or too old.",
  ),
  "tunnel.not-dialled": unavailable(503)(
    "unavailable",
    "The board did not dial its tunnel: {because}.",
  ),
  "stream.refused": refused(502)("unavailable", "The board refused the stream: {because}."),
  "stream.ended": refused(502)("unavailable", "It broke off: {because}."),
  "stream.busy": refusedForNow(429)("tryAgain", "Too many streams are open: {because}."),
  "connection.not-found": refused(404)("notFound", "There is no such connection, or it has ended."),
  "board.sealed": refused(403)(
    "noPermission",
    "The project is sealed: this needs a grant of its owner's present key, which the command line gives (--key FILE).",
  ),
  "board.key-changed": refused(409)(
    "noPermission",
    "What the cloud calls {board} has another key than the one that {file} remembers: if you know why (enrolled anew, renamed), take its line out there; if not, somebody may stand between.",
  ),
  "shell.unavailable": refused(501)("config", "This board cannot open a shell: {because}."),
  "file.not-allowed": refused(403)("noPermission", "The board does not allow {path}: {because}."),
  "file.not-found": refused(404)("notFound", "There is no such file on the board: {path}."),
  "file.too-large": refused(413)(
    "usage",
    "A page takes files of up to {limitBytes} bytes, and {path} is larger: take it by {command}.",
  ),
  "file.failed": refused(502)("io", "The board could not do that with {path}: {because}."),
} as const;
