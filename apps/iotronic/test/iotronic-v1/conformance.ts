// The conformance file of the original's API, in the order in which it is run.
import { boardSteps, rootSteps } from "./boards.ts";
import { fleetSteps } from "./fleets.ts";
import { actionSteps, onBoardSteps, pluginSteps, requestSteps } from "./plugins.ts";
import { absentSteps, exposureSteps, serviceSteps } from "./services.ts";
import type { Step } from "./step.ts";

export const steps: readonly Step[] = [
  ...rootSteps,
  ...boardSteps,
  ...pluginSteps,
  ...onBoardSteps,
  ...actionSteps,
  ...requestSteps,
  ...serviceSteps,
  ...exposureSteps,
  ...absentSteps,
  ...fleetSteps,
];
