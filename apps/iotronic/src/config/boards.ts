import { MAX_SIMULATED_BOARDS } from "@s4t/contract";
import { integer, oneOf } from "./setting.ts";

export const boardSettings = {
  demo: integer(
    0,
    MAX_SIMULATED_BOARDS,
    0,
    "Simulated boards to show, on a map around Messina. Those of an earlier start beyond this number are retired.",
  ),
  board: oneOf(["auto", "off"], "auto", "Whether this machine becomes a board of its own cloud."),
} as const;
