// The original's API against the conformance file: every request in its order, every answer as the reference has it.
import { afterAll, beforeAll, it } from "vitest";
import { steps } from "./iotronic-v1/conformance.ts";
import { createRun } from "./iotronic-v1/run.ts";
import { openStage, type Stage } from "./iotronic-v1/stage.ts";
import type { Step } from "./iotronic-v1/step.ts";

let stage: Stage;
let run: (step: Step) => Promise<string | undefined>;
beforeAll(async () => {
  stage = await openStage();
  run = createRun(stage);
}, 60_000);
afterAll(() => stage.close());

it.each(steps)("$reference: $says ($method $path)", async (step) => {
  const wrong = await run(step);
  if (wrong !== undefined) throw new TypeError(wrong);
});
