// What the edge for the original's agents asks of the module that knows boards: stated here, so that neither imports the other. To
// everybody else such a board is a board of agent kind `original`.
import type { BoardId, PluginManifest } from "@s4t/contract";
import type { KnownBoard } from "./link.ts";

/**
 * Name of the WAMP agent that every such board is told. It was a host's name, so that boards were stranded when that changed: this one
 * stays.
 */
export const LEGACY_AGENT = "iotronic";

/** A board of the original as its first settings describe it. */
export interface RegisteredOriginal extends KnownBoard {
  readonly labels: Readonly<Record<string, string>>;
  readonly location: {
    readonly latitude: number;
    readonly longitude: number;
    readonly altitudeM?: number | undefined;
  } | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** An entry of a board's target as the board last told of it. */
export interface ToldEntry {
  readonly hash: string;
  readonly state: string;
  readonly code: string | null;
  readonly sentence: string | null;
}

/** A session of such a board. */
export interface OriginalSession extends KnownBoard {
  readonly epoch: number;
  /** In the place of the key that it does not have: 32 bytes, hex, of which nobody has the other half. */
  readonly pubkey: string;
}

export interface OriginalsHost {
  /**
   * The board of a registration code, which may connect from now on: the code is good until it has. Throws `enrolment.invalid`,
   * `.expired`, `.used`.
   */
  register(code: string, address: string | null): Promise<RegisteredOriginal>;
  /** Opens a session durably. Throws `link.revoked` where the id is not that of a board that registered as one of the original. */
  open(
    uuid: string,
    said: { readonly version: string; readonly features: readonly string[] },
  ): Promise<OriginalSession>;
  /** What the board last told of its target's entries, by key: `section/name`. */
  told(board: KnownBoard): Promise<ReadonlyMap<string, ToldEntry>>;
  /** Hears of what somebody was refused. */
  onRefused(board: KnownBoard | null, what: string, address: string | null): void;
}

/** Commands to paste on a machine that runs the original agent. */
export type OriginalCommands = (
  code: string,
) => readonly { readonly kind: string; readonly command: string }[];

/** Where the things for original boards come from. */
export interface OriginalWorks {
  /**
   * What stands for a version's code on an original agent. Throws `board.original` where the version is none that it runs, or the
   * project's owner has not left signing to the cloud: an original agent could not tell whose code it is.
   */
  codeOf(board: KnownBoard, manifest: PluginManifest): Promise<string>;
  /** The public port of an exposed service; undefined where there is none. */
  publicPortOf(board: BoardId, service: string): number | undefined;
}
