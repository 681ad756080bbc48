import { managing, reading, using } from "../row.ts";

export const servicePolicy = {
  "service.list": reading,
  "service.create": managing,
  "service.update": managing,
  "service.remove": managing,
  "exposure.list": reading,
  "exposure.expose": managing,
  "exposure.withdraw": managing,
  "connection.list": reading,
  "connection.cut": managing,
  "stream.forward": using,
  "stream.shell": managing,
  "stream.files": managing,
} as const;
