import { managing, reading, using } from "../row.ts";

export const pluginPolicy = {
  "plugin.list": reading,
  "plugin.show": reading,
  "plugin.source": using,
  "plugin.create": managing,
  "plugin.update": managing,
  "plugin.remove": managing,
  "blob.put": managing,
  "injection.list": reading,
  "injection.lines": using,
  "injection.inject": managing,
  "injection.remove": managing,
  "injection.call": using,
  "injection.start": using,
  "injection.stop": using,
  "injection.restart": using,
} as const;
