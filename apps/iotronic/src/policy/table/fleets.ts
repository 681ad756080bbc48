import { managing, reading } from "../row.ts";

export const fleetPolicy = {
  "fleet.list": reading,
  "fleet.create": managing,
  "fleet.update": managing,
  "fleet.remove": managing,
  "fleet.join": managing,
  "fleet.leave": managing,
} as const;
