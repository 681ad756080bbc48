import type { Estate } from "../../edge/estate.ts";
import { within } from "../../policy/index.ts";
import { countPlugins } from "./store.ts";
import { removeUploads } from "./upload-store.ts";

/** Plugins keep their project; bytes that it sent and never named go with it. `sweepSoon`: nobody wants those any longer. */
export const createPluginsEstate = (sweepSoon: () => void): Estate => ({
  count: (reader, project) => countPlugins(within(project), reader, project),
  async remove(tx, project) {
    await removeUploads(within(project), tx, project);
    tx.afterCommit(sweepSoon);
  },
});
