import { administering } from "../row.ts";

export const userPolicy = {
  "user.list": administering,
  "user.create": administering,
  "user.show": administering,
  "user.update": administering,
  "user.remove": administering,
  "user.unlock": administering,
  "user.list-sessions": administering,
  "user.end-sessions": administering,
} as const;
