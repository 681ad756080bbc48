import type { Operation, ProjectId } from "@s4t/contract";
import type { ChangeLog } from "../../edge/facts.ts";
import { type AnyTopicSource, topicSource } from "../../edge/topics.ts";
import type { Operations } from "./operations.ts";

const sees = (projects: "all" | readonly ProjectId[], project: ProjectId) =>
  projects === "all" || projects.includes(project);

/** `operations`: what is under way and how it ends. Lists are read by REST; this keeps them fresh. */
export const operationTopics = (
  operations: Operations,
  changes: ChangeLog,
): readonly AnyTopicSource[] => [
  topicSource<"operations">({
    name: "operations",
    action: "operation.list",
    async open({ scope, push }) {
      const stop = changes.subscribe((change) => {
        if (change.noun !== "operation" || !sees(scope.projects, change.project)) return;
        operations.get(scope, change.uuid).then(
          (operation) => push({ changed: [operation] }),
          () => {}, // gone since: nothing to show
        );
      });
      return { kind: "snapshot", data: { changed: [] }, close: stop };
    },
    merge: (earlier, later) => {
      const byId = new Map<string, Operation>(
        [...earlier.changed, ...later.changed].map((operation) => [operation.uuid, operation]),
      );
      return { changed: [...byId.values()] };
    },
  }),
];
