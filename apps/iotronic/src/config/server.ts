import { homedir } from "node:os";
import { join } from "node:path";
import { integer, text } from "./setting.ts";

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
} as const;
