// Who is connected to a board, as they come and leave, and how their bytes move.
import type { Connection } from "@s4t/contract";
import type { Clock, Timer } from "@s4t/kit";
import type { Gateway } from "../../edge/gateway.ts";
import { type AnyTopicSource, topicSource } from "../../edge/topics.ts";
import type { Wishes } from "../../edge/wishes.ts";
import { showConnection } from "./service.ts";

/** How often bytes of open connections are told to who watches: often enough to be seen moving. */
export const CONNECTION_BYTES_MS = 2_000;

export interface ConnectionTopicsDependencies {
  readonly gateway: () => Gateway;
  readonly wishes: Pick<Wishes, "find">;
  readonly clock: Clock;
}

const movedOf = ({ bytesIn, bytesOut }: Connection): number => bytesIn + bytesOut;

/** `connections:UUID`. */
export const connectionTopics = ({
  gateway,
  wishes,
  clock,
}: ConnectionTopicsDependencies): readonly AnyTopicSource[] => [
  topicSource<"connections">({
    name: "connections",
    action: "connection.list",
    async open({ scope, argument, push }) {
      const { uuid: board } = await wishes.find(scope, argument);
      const list = (): Connection[] => gateway().connections(board).map(showConnection);
      let timer: Timer;
      const told = new Map<string, number>();
      const note = (connections: readonly Connection[]): void => {
        for (const each of connections) told.set(each.uuid, movedOf(each));
      };
      const tellBytes = (): void => {
        timer = clock.after(CONNECTION_BYTES_MS, tellBytes);
        const changed = list().filter((each) => told.get(each.uuid) !== movedOf(each));
        if (changed.length === 0) return;
        note(changed);
        push({ changed, removed: [] });
      };
      const present = list();
      note(present);
      const stop = gateway().watch(board, {
        opened(connection) {
          const shown = showConnection(connection);
          note([shown]);
          push({ changed: [shown], removed: [] });
        },
        ended(uuid) {
          told.delete(uuid);
          push({ changed: [], removed: [uuid] });
        },
      });
      timer = clock.after(CONNECTION_BYTES_MS, tellBytes);
      return {
        kind: "snapshot",
        data: { changed: present, removed: [] },
        close() {
          stop();
          timer.cancel();
        },
      };
    },
    // What has ended never comes back: an id is of one connection.
    merge(earlier, later) {
      const removed = [...new Set([...earlier.removed, ...later.removed])];
      const gone = new Set(removed);
      const byId = new Map([...earlier.changed, ...later.changed].map((each) => [each.uuid, each]));
      return { changed: [...byId.values()].filter(({ uuid }) => !gone.has(uuid)), removed };
    },
  }),
];
