// The 59, put together. 1 and 2, the documents of the root and the version, are public and answered before.
import { absentRows } from "./absent.ts";
import { boardRows } from "./boards.ts";
import { fleetRows } from "./fleets.ts";
import { onBoardRows } from "./on-board.ts";
import { pluginRows } from "./plugins.ts";
import { requestRows } from "./requests.ts";
import type { V1Row } from "./row.ts";
import { serviceRows } from "./services.ts";

export const rows: readonly V1Row[] = [
  ...boardRows,
  ...onBoardRows,
  ...serviceRows,
  ...absentRows,
  ...fleetRows,
  ...pluginRows,
  ...requestRows,
];
