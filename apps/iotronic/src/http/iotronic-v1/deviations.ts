// Where this API is not as the original's was, each with its reason. The page for users is made of it.

/** `fixed`: a fault there. `kept`: looks odd, and clients rely on it. `other`: the same question, another answer. `missing`: not yet. */
export type DeviationKind = "fixed" | "kept" | "other" | "missing";

export interface Deviation {
  readonly kind: DeviationKind;
  /** Numbers of endpoints, or what it is about everywhere. */
  readonly about: string;
  readonly original: string;
  readonly here: string;
  readonly because: string;
}

const rows =
  (kind: DeviationKind) =>
  (about: string, original: string, here: string, because: string): Deviation => ({
    kind,
    about,
    original,
    here,
    because,
  });
const fixed = rows("fixed");
const kept = rows("kept");
const other = rows("other");
const missing = rows("missing");

export const deviations: readonly Deviation[] = [
  kept(
    "version header",
    "`X-OpenStack-Iotronic-API-Version` other than 1.0 is 406 with the bounds",
    "the same, for 1.1 to 1.9 too",
    "the command line asks for 1.9 first and goes on with what the 406 names; serving a version that there is not would be a promise that nobody keeps",
  ),
  kept(
    "errors",
    "`error_message` is JSON within JSON",
    "the same, with `debuginfo` always null",
    "clients parse it twice; a stack trace is nobody's business",
  ),
  kept(
    "401",
    "`{error: {code, title, message}}` with `WWW-Authenticate: Keystone`",
    "the same",
    "keystoneauth looks at it",
  ),
  kept(
    "boards that are away",
    "9, 11 to 13, 15 to 17, 20, 21, 23, 24, 26 are 400",
    "the same; `/api` has jobs that wait and wishes that hold",
    "the answers are words of the board itself",
  ),
  kept(
    "7, 32, 39, 45",
    "PATCH takes a plain partial object",
    "the same",
    "no client sends JSON Patch",
  ),
  kept(
    "30 to 32",
    "`code` comes back as a pickle of protocol 0",
    "the same; both pickle and source are taken, on POST and on PATCH",
    "the dashboard pickles before PATCH, the command line does not; no Python is taken for a pickle",
  ),
  kept("52", "`EnabledWebservices` with a capital letter", "the same", "clients read that member"),
  fixed(
    "every board, plugin, service, fleet, port, request",
    "a board was shown, changed and deleted without a look at its project; lists of services, fleets, requests and ports were those of everybody; eight routes asked nobody (17, 20, 21, 24, 25, 26, 54, 55)",
    "everything is of one project; what is of another is 404, everywhere",
    "tenants do not see each other",
  ),
  fixed(
    "roles",
    "only `admin_iot_project` created boards; owners were refused what was theirs",
    "roles within the project: reading for all, using for users, changing for managers",
    "checks that always fail protect nobody",
  ),
  fixed(
    "5, 7",
    "`status`, `agent`, `owner`, `project`, `config` were taken from the body",
    "400 `Cannot set read-only attribute`; empty ones, as the Go SDK sends them, are let be",
    "a board could be given to another project",
  ),
  fixed(
    "lists",
    "`next` lost all filters but order, and was there after the last full page",
    "`next` keeps every filter and is there where there is more",
    "a second page of something else is worse than none",
  ),
  fixed(
    "lists",
    "`fields` was lower-cased, so that `MAC_add` could not be asked for",
    "names fit in any case",
    "they are names that were shown",
  ),
  fixed("42, 49, 57", "`detail` was 500", "it lists", "it was a fault"),
  fixed(
    "15",
    "a service that is exposed already: 200 with an exception as its body",
    "409",
    "nothing was done",
  ),
  fixed(
    "11",
    "`onboot` of a plugin that was there already was not changed",
    "it is",
    "it was said",
  ),
  fixed(
    "16",
    "GET sent every service to its board again",
    "GET lists; boards hold what they are given by themselves",
    "reading changes nothing",
  ),
  fixed("33, 40", "in use: 500 of the database", "409 with how many boards", "it was a fault"),
  fixed(
    "names",
    "unique over all projects",
    "unique within a project",
    "a name taken elsewhere told of what is elsewhere",
  ),
  other(
    "5, 6",
    "`code` is a text of the client's choice, read by every member, usable again for ever",
    "with `legacy.enabled` off `code` of the answer to POST is the board's enrolment, shown once, for one use; the code that was sent is checked and not kept; read back it is null",
    "a board proves itself with a key",
  ),
  fixed(
    "5",
    "a code may be as short as one likes, and is good for ever",
    "with `legacy.enabled` on the code that was sent registers an original agent: 8 to 36 letters, digits and `._~-`, once, within 30 days; what another board has or had is 409",
    "whoever guesses a code is the board",
  ),
  other(
    "6",
    "`config` names the registration agent",
    "synthesised as before registration, with `code` null",
    "boards of ours need none",
  ),
  other(
    "3 to 7",
    "`status` registered, offline, online",
    "the same three words: `degraded` is online; `asleep`, `busy`, `unknown` are offline",
    "clients know three",
  ),
  other(
    "3 to 7",
    "`owner` is a user",
    "null, as for plugins",
    "things are of a project, and roles say who may",
  ),
  other(
    "3 to 7",
    "`session` is a WAMP session's number",
    "the count of the board's sessions while it is there, else null",
    "ours are numbered by board",
  ),
  other(
    "3 to 7",
    "`agent` and `wstun_ip` name a WAMP agent's host",
    "the host that the request was sent to; of a board with the original agent `agent` is `iotronic`, the name that its URIs have",
    "one address serves all",
  ),
  other(
    "3, 4, 56, 57",
    "`sort_key` is any column",
    "boards: id, uuid, created_at, name; requests: id, uuid, created_at; others 400",
    "a list of a hundred thousand has an index for these",
  ),
  other(
    "`type`, `mobile`, `public`, `extra`",
    "columns, and any JSON",
    "labels: `extra` is all of them but these; names of lower-case letters, digits and `._-`, up to 32, values of up to 128 characters, other than texts as JSON text",
    "what is said here is seen in the portal, and the other way",
  ),
  other(
    "8",
    "an online board is told to reset itself, the row is removed",
    "the board is retired: its key is withdrawn, its history stays",
    "nothing on a machine is removed from afar",
  ),
  other(
    "9",
    "`delay` before a restart or a reboot",
    "not looked at; the answer says when the board is back",
    "the agent answers first and goes then",
  ),
  other(
    "10",
    "`status` injected or updated, and when each was",
    "injected, or failed where the board could not take it; both moments are the last change",
    "what is there is what counts",
  ),
  other(
    "12",
    "plugins run as root within the agent",
    "the source runs as it is, with `Plugin` and `pluginApis`, in a process that is held to its limits; `getLocation` and `getBoardGpio` answer None",
    "a plugin of one project is no reason to hand over a board",
  ),
  other(
    "27, 28, 30, 32",
    "`public` plugins are everybody's",
    "`public` is kept and listed within the project",
    "code of another project is run by who asks for it, not by a flag",
  ),
  other(
    "30, 37",
    "names with capitals, dots, underscores",
    "lower case with hyphens (`My_Plugin` → `my-plugin`); the given name finds it, too",
    "the name is a key on boards",
  ),
  other(
    "32, 39",
    "`name` of a plugin or a service can be changed",
    "400",
    "versions are signed with it, boards know it by that",
  ),
  other(
    "31, 29",
    "`code` for every member",
    "null for auditors",
    "reading code is a right of its own",
  ),
  other(
    "37, 39",
    "`protocol` TCP, UDP, ANY",
    "TCP, and ANY as TCP; UDP is 400",
    "tunnels carry TCP, there as here",
  ),
  other(
    "15",
    "an exposed port is open to all",
    "the same where `gateway.address` is beyond loopback; `/api` can name sources and an end",
    "the original has no word for it",
  ),
  other(
    "56 to 59",
    "one request for each procedure that was called",
    "one for each operation: calls, starts, stops, restarts; pings and injections leave none; `unknown` is WARNING",
    "they are the operations of `/api`, kept 30 days",
  ),
  other(
    "paths",
    "anything without `/v1` in front was taken for it",
    "the eight collections are",
    "`/api`, `/link` and others are addresses of their own",
  ),
  other(
    "3 to 7, 41 to 47",
    "a board is in one fleet",
    "`fleet` is the primary one; 47 lists the boards that are in it otherwise, too, and takes names",
    "boards may be in several here",
  ),
  other("errors", "XML where it is preferred", "JSON", "no client asks for it"),
  other(
    "CORS",
    "by oslo.middleware's own settings",
    "by `iotronic.origins`; cookies count for nothing at this API",
    "one setting, and pages of others need a token",
  ),
  other("quotas", "none", "403 with what there is room for", "as OpenStack says it"),
  missing(
    "18 to 21, 53 to 55",
    "ports on Neutron networks",
    "lists are empty; attaching is 404 `Subnet … could not be found`",
    "networks come",
  ),
  missing(
    "22 to 26, 48 to 52",
    "web services",
    "lists are empty; enabling is 404 `Service webservice could not be found`, as where that service was missing",
    "they come",
  ),
  missing(
    "9",
    "DevicePkgOperation, DeviceRestSubmit, DeviceUpgradeLR",
    "400 `Action … is not offered here`; of a board with the original agent they are carried out, for managers",
    "a shell as root on text from the network; a way into the board's network for anybody; the agent is upgraded with its board",
  ),
];
