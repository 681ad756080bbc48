import { homedir } from "node:os";
import { join } from "node:path";
import { MAX_SIMULATED_BOARDS } from "@s4t/contract";
import { integer, oneOf, text } from "./setting.ts";

/** Port of everything that the cloud serves, unless said otherwise. */
export const DEFAULT_PORT = 8812;

const dataHome = process.env.XDG_DATA_HOME ?? join(homedir(), ".local/share");

export const serverSettings = {
  data: text(join(dataHome, "s4t/cloud"), "Folder of everything that the cloud keeps."),
  port: integer(
    0,
    65_535,
    DEFAULT_PORT,
    "Port of the API, the portal and the link; 0 takes a free one.",
  ),
  listen: text(
    null,
    "Address to serve on besides loopback, with TLS: an address of this machine, or 0.0.0.0.",
  ),
  address: text(
    null,
    "What boards and people on other machines are told, where it is not an address of this one: https://cloud.example:8812.",
  ),
  name: text("Stack4Things", "Name of this cloud, shown in the portal."),
  "log.level": oneOf(["debug", "info", "warn", "error"], "info", "How much is logged."),
  demo: integer(
    0,
    MAX_SIMULATED_BOARDS,
    0,
    "Simulated boards to show, on a map around Messina. Those of an earlier start beyond this number are retired.",
  ),
  board: oneOf(["auto", "off"], "auto", "Whether this machine becomes a board of its own cloud."),
} as const;
