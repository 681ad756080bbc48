import { administering, anyone, managing, reading } from "../row.ts";

export const projectPolicy = {
  "project.list": anyone,
  "project.create": administering,
  "project.show": reading,
  "project.update": managing,
  "project.remove": administering,
  "project.seal": managing,
  "project.rekey": managing,
  "member.list": reading,
  "member.set": managing,
  "member.remove": managing,
} as const;
