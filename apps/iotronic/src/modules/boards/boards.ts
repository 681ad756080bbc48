// The verbs of the noun, each group in a file of its own: looking up (`listing.ts`), the registry (`registry.ts`), settings
// (`settings.ts`), fleets (`members.ts`), who is gone (`gone.ts`). Commands are in `commands.ts`, what boards say in `host.ts`.
import type {
  Board,
  BodyOf,
  Enrolment,
  ProjectId,
  QueryOf,
  rest,
  TargetSettings,
  TargetSettingsChange,
} from "@s4t/contract";
import type { Part } from "@s4t/kit";
import type { CountInFleets } from "../../edge/fleets.ts";
import type { Actor, Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";
import type { BoardsDependencies } from "./change.ts";
import { createGoneWatch } from "./gone.ts";
import { createListing } from "./listing.ts";
import { createMembers } from "./members.ts";
import { createRegistry } from "./registry.ts";
import { createSettings } from "./settings.ts";
import type { BoardRow } from "./store.ts";

/** How a board is made. */
export interface CreateOptions {
  readonly simulated?: boolean;
  /** It will run on the cloud's own machine: it is told loopback. */
  readonly isHere?: boolean;
}

/** How an enrolment is made anew. */
export interface RearmOptions extends Pick<CreateOptions, "isHere"> {
  readonly expiresInS?: number | undefined;
  /** Of ours unless said. */
  readonly agent?: "lightning-rod" | "original" | undefined;
  /** Of an original agent: the code that it registers with. */
  readonly code?: string | undefined;
}

export interface Boards extends Part {
  list(
    actor: Actor,
    scope: Scope,
    query: QueryOf<typeof rest.boards.list>,
  ): Promise<{ items: Board[]; next: string | null }>;
  counts(
    scope: Scope,
    query?: QueryOf<typeof rest.boards.counts>,
  ): Promise<{ total: number; byStatus: Record<string, number> }>;
  create(
    actor: Actor,
    project: ProjectId,
    body: BodyOf<typeof rest.boards.create>,
    options?: CreateOptions,
  ): Promise<{ board: Board; enrolment: Enrolment }>;
  get(actor: Actor, scope: Scope, idOrName: string): Promise<Board>;
  update(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    body: BodyOf<typeof rest.boards.update>,
    ifMatch: number | undefined,
  ): Promise<Board>;
  retire(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    ifMatch?: number | undefined,
  ): Promise<Board>;
  rearm(actor: Actor, scope: Scope, idOrName: string, options?: RearmOptions): Promise<Enrolment>;
  target(
    scope: Scope,
    idOrName: string,
  ): Promise<{
    wanted: number;
    reached: number;
    entries: TargetEntryStateShown[];
    settings: TargetSettings;
  }>;
  changeSettings(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    change: TargetSettingsChange,
    ifMatch?: number | undefined,
  ): Promise<TargetSettings>;
  /** Into a fleet; `priority` as the contract says. Throws `fleet.not-found`. */
  join(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    fleet: string,
    priority: number | undefined,
    ifMatch?: number | undefined,
  ): Promise<Board>;
  leave(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    fleet: string,
    ifMatch?: number | undefined,
  ): Promise<Board>;
  readonly countInFleets: CountInFleets;
  /** The row of a board within a scope: for verbs of this module and lookups of others. */
  row(scope: Scope, idOrName: string): Promise<BoardRow>;
  countIn(project: ProjectId): Promise<number>;
  /** How many boards of a project have told last of just one of these values, by hash, in the place of an entry of their target. */
  countTold(
    reader: Reader,
    project: ProjectId,
    key: string,
    hashes: readonly string[],
  ): Promise<number>;
  /** Within a transaction: something that the target of every board of the scope holds has changed. Everywhere unless said. */
  retargetAll(tx: Tx, scope?: Scope): Promise<void>;
}

export interface TargetEntryStateShown {
  key: string;
  state: "waiting" | "reached" | "failed";
  problem: { code: string; sentence: string } | null;
  since: string | null;
}

/** Makes the verbs. */
export const createBoards = (deps: BoardsDependencies): Boards => ({
  name: "boards",
  ...createListing(deps),
  ...createRegistry(deps),
  ...createSettings(deps),
  ...createMembers(deps),
  ...createGoneWatch(deps),
});
