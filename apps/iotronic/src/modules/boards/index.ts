export { type Boards, createBoards } from "./boards.ts";
export { createCommands } from "./commands.ts";
export { createLinkHost } from "./host.ts";
export { createReports, type Measurements } from "./reports.ts";
export { boardRoutes } from "./routes.ts";
export type { BoardRow } from "./store.ts";
export type { TargetPart } from "./target.ts";
export { createTimeline } from "./timeline.ts";
export { boardTopics } from "./topics.ts";
