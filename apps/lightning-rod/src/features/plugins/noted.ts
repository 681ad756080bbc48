// Which plugins this board runs, across restarts: what took over last, not what is wished. A board whose cloud is away starts with
// what ran before, also where a newer version was on its way.
import { check, TargetPlugin } from "@s4t/contract";
import type { Log } from "@s4t/kit";
import * as Type from "typebox";
import type { Storage } from "../../storage.ts";

const file = "plugins.json";
const NotedFile = Type.Record(Type.String(), TargetPlugin);

export interface NotedPlugins {
  all(): readonly TargetPlugin[];
  /** Durable when it returns. Throws `board.storage`, and knows what it knew then. */
  set(plugin: TargetPlugin): void;
  remove(name: string): void;
}

/** Opens the notes; damaged ones are none: the target brings them again. */
export const openNoted = (storage: Storage, log: Log): NotedPlugins => {
  let noted: Readonly<Record<string, TargetPlugin>> = {};
  const text = storage.read(file);
  try {
    if (text !== undefined) noted = check(NotedFile, JSON.parse(text), file);
  } catch {
    log.warn("The notes on plugins were damaged: the target brings them again");
  }
  const save = (next: Readonly<Record<string, TargetPlugin>>): void => {
    storage.write(file, JSON.stringify(next));
    noted = next;
  };
  return {
    all: () => Object.values(noted),
    set: (plugin) => save({ ...noted, [plugin.name]: plugin }),
    remove(name) {
      if (!Object.hasOwn(noted, name)) return;
      const { [name]: _, ...rest } = noted;
      save(rest);
    },
  };
};
