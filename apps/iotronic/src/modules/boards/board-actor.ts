import type { KnownBoard } from "../../edge/link.ts";
import { type Actor, systemActor } from "../../policy/index.ts";

/** A board as the audit names who did something; null: somebody who is none that is known. */
export const boardActor = (board: KnownBoard | null, address: string | null): Actor => ({
  ...systemActor,
  kind: "board",
  uuid: board?.uuid ?? "unknown",
  name: board?.name ?? "unknown board",
  admin: false,
  address,
});
