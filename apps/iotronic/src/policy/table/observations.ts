import { reading } from "../row.ts";

export const observationPolicy = {
  "observation.read": reading,
} as const;
