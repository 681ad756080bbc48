import { administering, anyone } from "../row.ts";

export const cloudPolicy = {
  "cloud.config": administering,
  "cloud.authority": administering,
  "cloud.backup": administering,
  "cloud.restore": administering,
  "event.read": anyone,
} as const;
