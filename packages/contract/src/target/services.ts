import type { Static } from "typebox";
import * as Type from "typebox";
import { HostName, PortNumber } from "../stream.ts";

/** A name of a service; the key of its entry. */
export const ServiceName = Type.String({
  pattern: "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$",
  description: "Lower-case letters, digits, hyphens; unique within its project",
});

/**
 * The section `services`: what a stream may be opened to on this board, one entry a service that is exposed, and one a
 * forward that is under way (`forward.<id>`). Beside it stands what the board's owner allows in the agent's own settings.
 */
export const TargetService = Type.Object(
  { host: HostName, port: PortNumber, protocol: Type.Enum(["tcp"]) },
  { $id: "TargetService", additionalProperties: false },
);
export type TargetService = Static<typeof TargetService>;
