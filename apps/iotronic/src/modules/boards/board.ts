// The noun: how a row is shown, how a board is, why it is not well. No await, no store.
import {
  type Actions,
  type Board,
  type BoardFleet,
  type BoardId,
  type BoardInfo,
  type BodyOf,
  defaultSettings,
  type ErrorCode,
  fail,
  type Labels,
  type Location,
  type ProjectId,
  type rest,
  sentenceOf,
  statusOf,
  type TargetSettings,
  unitVectorOf,
} from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import { type Action, type Actor, may, notAllowed } from "../../policy/index.ts";
import type { BoardRow } from "./store.ts";

/** WAMP reason of a session that an agent ended on purpose. */
const announcedReasons: ReadonlySet<string> = new Set([
  "wamp.close.normal",
  "wamp.close.goodbye_and_out",
  "wamp.close.close_realm",
]);
/** Reason noted where the cloud itself had stopped: nothing is said about the board. */
export const CLOUD_STOPPED = "cloud-stopped";

const time = (ms: number | null): string | null => (ms === null ? null : toRfc3339(ms));

/** The state of a row, by the one function of the contract. */
export const stateOf = (
  row: Pick<
    BoardRow,
    "retired_at" | "pubkey" | "connected" | "failed_entries" | "busy_until" | "last_seen_at"
  >,
  now: number,
) =>
  statusOf(
    {
      retired: row.retired_at !== null,
      enrolled: row.pubkey !== null,
      connected: row.connected === 1,
      failedEntries: row.failed_entries,
      busyUntil: row.busy_until,
      lastSeenAt: row.last_seen_at,
    },
    now,
  );

/** What a substring is looked for in. */
export const searchTextOf = (
  row: Pick<BoardRow, "name" | "uuid" | "address" | "location">,
): string => {
  const address =
    row.location === null ? "" : ((JSON.parse(row.location) as Location).address ?? "");
  return [row.name, row.uuid, row.address ?? "", address].join(" ").toLowerCase();
};

const whyOf = (row: BoardRow): Board["why"] => {
  const since = time(row.since);
  const seen = { at: time(row.last_seen_at), ok: true, code: "last-seen", text: row.address ?? "" };
  switch (row.status) {
    case "degraded":
      return {
        code: "target-failed",
        since,
        facts: [{ at: since, ok: false, code: "entries-failed", text: String(row.failed_entries) }],
      };
    case "offline": {
      const reason = row.left_reason ?? "unknown";
      const code = announcedReasons.has(reason)
        ? "agent-stopped"
        : reason === CLOUD_STOPPED
          ? "cloud-stopped"
          : "link-lost";
      return { code, since, facts: [seen, { at: since, ok: false, code, text: reason }] };
    }
    case "busy":
      return {
        code: "restarting",
        since,
        facts: [seen, { at: time(row.busy_until), ok: true, code: "expected-back", text: "" }],
      };
    case "new":
      return {
        code: "never-seen",
        since: time(row.created_at),
        facts: [{ at: time(row.created_at), ok: true, code: "registered", text: "" }],
      };
    default:
      return null;
  }
};

const nameable = {
  update: "board.update",
  retire: "board.retire",
  rearm: "board.rearm",
  ping: "board.ping",
  info: "board.info",
  restart: "board.restart",
  reboot: "board.reboot",
  settings: "board.settings",
  join: "fleet.join",
  original: "board.original",
} as const satisfies Record<string, Action>;
const verbs = Object.entries(nameable);
const needsLink: ReadonlySet<string> = new Set(["ping", "info", "original"]);

// Made once: every board of every list is shown with some of them.
const refusal = (code: ErrorCode) => ({ code, because: sentenceOf(code) });
const retired = refusal("board.retired");
const powerDisabled = refusal("board.power-disabled");
const offline = refusal("board.offline");
const noSettings = {
  code: "board.original",
  because: sentenceOf("board.original", { what: "it has no settings of this cloud" }),
} as const;
const notOriginal = {
  code: "board.unsupported",
  because: sentenceOf("board.unsupported", { feature: "original" }),
} as const;
const needsOriginal: ReadonlySet<string> = new Set(["original"]);

/** What this actor may do with this board now, or why not. */
export const actionsOf = (actor: Actor, row: BoardRow, info: BoardInfo | null): Actions => {
  const actions: Actions = {};
  for (const [verb, action] of verbs) {
    if (!may(actor, action, row.project_id as ProjectId)) actions[verb] = notAllowed;
    else if (row.retired_at !== null) actions[verb] = retired;
    else if (needsOriginal.has(verb) && row.agent_kind !== "original") actions[verb] = notOriginal;
    else if (verb === "settings" && row.agent_kind === "original") actions[verb] = noSettings;
    else if (verb === "reboot" && info?.canReboot !== true) actions[verb] = powerDisabled;
    else if (needsLink.has(verb) && row.connected !== 1) actions[verb] = offline;
    else actions[verb] = true;
  }
  return actions;
};

/** A public key's hash as people compare it: four groups of four digits. */
const fingerprintOf = (hash: string | null): string | null =>
  hash && (hash.match(/.{4}/g) ?? []).slice(0, 4).join(" ");

/** What is shown of a board besides its row. */
export interface ShownWith {
  /** SHA-256 of a public key. */
  readonly keyHash: (pubkey: string) => string;
  /** Round trip to a board that is connected, as its link measures it. */
  readonly roundTripMs: (board: BoardId) => number | undefined;
  readonly now: () => number;
}

/** What a board said of itself, as its row keeps it: since when it is up instead of how long. */
type StoredInfo = BoardInfo & { readonly bootedAtMs?: number };

/** A machine's start that comes out so far from where it was is that of the same boot: two clocks, and the way in between. */
const BOOT_SLACK_MS = 60_000;

/** What a board says of itself → the text that its row keeps; the same text where it says nothing new. */
export const storedInfo = (info: BoardInfo, before: string | null, now: number): string => {
  // An original agent does not say how long its machine has been up.
  if (info.agentKind === "original") return JSON.stringify(info);
  const known = before === null ? null : (JSON.parse(before) as StoredInfo);
  const at = now - Math.round(info.uptimeS * 1_000);
  const isSame = known?.bootedAtMs !== undefined && Math.abs(known.bootedAtMs - at) < BOOT_SLACK_MS;
  return JSON.stringify({ ...info, uptimeS: 0, bootedAtMs: isSame ? known.bootedAtMs : at });
};

/** The same as it is shown: a board that is there has gone on being up since. */
export const infoOf = (
  { info: text, connected, last_seen_at }: Pick<BoardRow, "info" | "connected" | "last_seen_at">,
  now: number,
): BoardInfo | null => {
  if (text === null) return null;
  const { bootedAtMs, ...info } = JSON.parse(text) as StoredInfo;
  if (bootedAtMs === undefined) return info;
  const untilMs = connected === 1 ? now : (last_seen_at ?? now);
  return { ...info, uptimeS: Math.max(0, Math.round((untilMs - bootedAtMs) / 1_000)) };
};

/** A row as the API shows it. */
export const showBoard = (
  actor: Actor,
  row: BoardRow,
  fleets: readonly BoardFleet[],
  { keyHash, roundTripMs, now }: ShownWith,
): Board => {
  const info = infoOf(row, now());
  return {
    uuid: row.uuid,
    name: row.name,
    rev: row.rev,
    createdAt: toRfc3339(row.created_at),
    updatedAt: toRfc3339(row.updated_at),
    project: row.project_id,
    status: row.status as Board["status"],
    why: whyOf(row),
    description: row.description,
    labels: JSON.parse(row.labels) as Labels,
    location: row.location === null ? null : (JSON.parse(row.location) as Location),
    // By a delegation somebody sees the board, and nothing of its project.
    fleets: actor.by ? [] : [...fleets],
    agent: {
      kind: row.agent_kind as Board["agent"]["kind"],
      version: row.agent_version,
      contract: row.contract,
      features: JSON.parse(row.features) as string[],
    },
    simulated: row.simulated === 1,
    fingerprint: fingerprintOf(
      row.pubkey === null || row.agent_kind === "original" ? null : keyHash(row.pubkey),
    ),
    connectivity: {
      connected: row.connected === 1,
      since: time(row.since),
      lastSeenAt: time(row.last_seen_at),
      address: row.address,
      latencyMs: (row.connected === 1 ? roundTripMs(row.uuid as BoardId) : undefined) ?? null,
      epoch: row.epoch,
    },
    target: { wanted: row.target_wanted, reached: row.target_reached, failed: row.failed_entries },
    info,
    actions: actionsOf(actor, row, info),
  };
};

/** Settings of a row, whole. */
export const settingsOf = (row: BoardRow): TargetSettings =>
  JSON.parse(row.settings) as TargetSettings;

/** Throws what stands against commanding this board at all. */
export const requireCommandable = (row: BoardRow): void => {
  if (row.retired_at !== null) throw fail("board.retired");
  if (row.pubkey === null) throw fail("board.never-seen");
};

/** Where a board is, as lists look it up. */
export const placeOf = (
  location: Location | null | undefined,
): Pick<BoardRow, "place_x" | "place_y" | "place_z"> => {
  if (!location) return { place_x: null, place_y: null, place_z: null };
  const [place_x, place_y, place_z] = unitVectorOf(location.latitude, location.longitude);
  return { place_x, place_y, place_z };
};

/** A board as it is registered: nothing is known of it but what was said. */
export const newBoard = (
  uuid: string,
  project: ProjectId,
  body: Pick<BodyOf<typeof rest.boards.create>, "name" | "description" | "labels" | "location">,
  { now, simulated }: { readonly now: number; readonly simulated: boolean },
): BoardRow => {
  const row: BoardRow = {
    uuid,
    project_id: project,
    name: body.name,
    rev: 1,
    status: "new",
    description: body.description ?? "",
    labels: JSON.stringify(body.labels ?? {}),
    location: body.location ? JSON.stringify(body.location) : null,
    settings: JSON.stringify(defaultSettings),
    search: "",
    agent_kind: null,
    agent_version: null,
    contract: null,
    features: "[]",
    simulated: simulated ? 1 : 0,
    pubkey: null,
    info: null,
    epoch: 0,
    connected: 0,
    since: null,
    last_seen_at: null,
    address: null,
    left_reason: null,
    latency_ms: null,
    busy_until: null,
    target_wanted: 1,
    target_reached: 0,
    failed_entries: 0,
    created_at: now,
    updated_at: now,
    retired_at: null,
    in_fleets: 0,
    ...placeOf(body.location),
  };
  return { ...row, search: searchTextOf(row) };
};
