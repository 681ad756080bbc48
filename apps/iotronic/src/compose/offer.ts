import type { Route } from "../edge/routes.ts";
import type { AnyTopicSource } from "../edge/topics.ts";
import type { ForeignApi } from "../http/foreign.ts";
import type { PlainRoute, UpgradeHandler } from "../http/server.ts";

/** What a noun offers at the edges. */
export interface Offer {
  readonly routes?: readonly Route[];
  readonly topics?: readonly AnyTopicSource[];
  readonly plainRoutes?: readonly PlainRoute[];
  readonly foreign?: readonly ForeignApi[];
  readonly upgrades?: Readonly<Record<string, UpgradeHandler>>;
}
