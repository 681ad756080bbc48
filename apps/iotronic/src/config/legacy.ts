import { flag, integer, text } from "./setting.ts";

/** Where the original's agents look for their cloud: the number is written into them. */
const ORIGINAL_WAMP_PORT = 8181;
/** The same for their tunnels. */
const ORIGINAL_WSTUN_PORT = 8080;

export const legacySettings = {
  "legacy.enabled": flag(
    false,
    "Whether boards that run the original agent may connect. They prove themselves with a code once and with an address afterwards, not with a key.",
  ),
  "legacy.plain": flag(
    false,
    "Serve the original agents without TLS beyond loopback, too: whoever is on the way reads and changes everything.",
  ),
  "legacy.host": text(
    null,
    "Name or address that original agents are told; that of `address` or of this machine unless said.",
  ),
  "legacy.wamp-port": integer(
    0,
    65_535,
    ORIGINAL_WAMP_PORT,
    "Port for the original agents' WAMP; an agent recovers by itself only on 8181. 0 takes a free one.",
  ),
  "legacy.wstun-port": integer(
    0,
    65_535,
    ORIGINAL_WSTUN_PORT,
    "Port for the original agents' tunnels; agents know no other than 8080. 0 takes a free one.",
  ),
  "legacy.same-address": flag(
    true,
    "Whether a tunnel of an original agent has to come from the address that its board is connected from.",
  ),
} as const;
