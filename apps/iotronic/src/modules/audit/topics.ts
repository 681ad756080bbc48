import type { AuditEntry } from "@s4t/contract";
import { type AnyTopicSource, topicSource } from "../../edge/topics.ts";
import type { Scope } from "../../policy/index.ts";
import type { Audit } from "./audit.ts";

const sees = ({ projects }: Scope, { project }: AuditEntry): boolean =>
  projects === "all" || projects.some((each) => each === project);

/** `audit`: entries as they are written, before they have a number. The list is read by REST; this says that there is more. */
export const auditTopics = (audit: Audit): readonly AnyTopicSource[] => [
  topicSource<"audit">({
    name: "audit",
    action: "audit.list",
    async open({ scope, push }) {
      const stop = audit.subscribe((entry) => {
        if (sees(scope, entry)) push({ added: [entry] });
      });
      return { kind: "snapshot", data: { added: [] }, close: stop };
    },
    merge: (earlier, later) => ({ added: [...earlier.added, ...later.added] }),
  }),
];
