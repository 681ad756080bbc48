import type { Fleet } from "@s4t/contract";
import { type Clock, isS4tError } from "@s4t/kit";
import type { Change } from "../../edge/facts.ts";
import { type AnyTopicSource, topicSource } from "../../edge/topics.ts";
import type { Scope } from "../../policy/index.ts";
import type { Fleets } from "./fleets.ts";

/** How long fleets that boards join or leave are gathered before they are looked at again: a thousand boards are one look. */
export const FLEET_GATHER_MS = 100;

export interface FleetTopicsDependencies {
  readonly fleets: Fleets;
  readonly clock: Clock;
  readonly subscribe: (listener: (change: Change) => void) => () => void;
  /** Changes after a cursor; undefined when too far back. */
  readonly since: (scope: Scope, seq: number) => Promise<readonly Change[] | undefined>;
}

/** Fleets that a change is about: its own, or those that a board joined or left. */
const fleetsOf = (scope: Scope, { noun, uuid, project, patch }: Change): readonly string[] => {
  if (scope.projects !== "all" && !scope.projects.includes(project)) return [];
  if (noun === "fleet") return [uuid];
  return noun === "board" && Array.isArray(patch.fleets) ? (patch.fleets as string[]) : [];
};

/** `fleets`. Lists are read by REST; this keeps them fresh. */
export const fleetTopics = ({
  fleets,
  clock,
  subscribe,
  since,
}: FleetTopicsDependencies): readonly AnyTopicSource[] => [
  topicSource<"fleets">({
    name: "fleets",
    action: "fleet.list",
    async open({ actor, scope, push, since: cursor }) {
      const load = async (uuids: Iterable<string>) => {
        const changed: Fleet[] = [];
        const removed: string[] = [];
        for (const uuid of uuids)
          await fleets.show(actor, scope, uuid).then(
            (fleet) => changed.push(fleet),
            // One that could not be looked up just now is still there.
            (error: unknown) => isS4tError(error, "fleet.not-found") && removed.push(uuid),
          );
        return { changed, removed };
      };
      const gathered = new Set<string>();
      let timer: { cancel(): void } | undefined;
      const look = (): void => {
        timer = undefined;
        const uuids = [...gathered];
        gathered.clear();
        void load(uuids).then(push);
      };
      const stop = subscribe((change) => {
        for (const uuid of fleetsOf(scope, change)) gathered.add(uuid);
        if (gathered.size > 0) timer ??= clock.after(FLEET_GATHER_MS, look);
      });
      const close = (): void => {
        stop();
        timer?.cancel();
      };
      const missed = cursor === undefined ? undefined : await since(scope, cursor);
      if (!missed) return { kind: "snapshot", data: { changed: [], removed: [] }, close };
      const ids = new Set(missed.flatMap((change) => fleetsOf(scope, change)));
      return { kind: "change", data: await load(ids), close };
    },
    merge(earlier, later) {
      const removed = [...new Set([...earlier.removed, ...later.removed])];
      // What was removed never comes back: an id is of one fleet.
      const gone = new Set(removed);
      const byId = new Map([...earlier.changed, ...later.changed].map((each) => [each.uuid, each]));
      return { changed: [...byId.values()].filter(({ uuid }) => !gone.has(uuid)), removed };
    },
  }),
];
