import { integer } from "./setting.ts";

/**
 * Most bytes that the versions of one project may have, unless the cloud's owner says otherwise: a hundred of the largest, a million
 * of the smallest, and one project alone does not fill a server's disk.
 */
export const NAMED_BYTES_PER_PROJECT = 8_589_934_592;
/** The least that can be set: room for a few small ones. */
const fewestBytes = 1_048_576;
/** The most that can be set: beyond it whole numbers are no longer exact. */
const mostBytes = Number.MAX_SAFE_INTEGER;

export const pluginSettings = {
  "plugins.project-bytes": integer(
    fewestBytes,
    mostBytes,
    NAMED_BYTES_PER_PROJECT,
    "Most bytes that the versions of one project's plugins may have together, packed, each with its manifest; packed bytes that several of them share count once.",
  ),
} as const;
