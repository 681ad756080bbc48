// How an operation is shown, and which of its ends make a command fail.
import { S4tError } from "@s4t/kit";
import { fail, type Operation } from "@s4t/sdk";
import { ageText, type Output, stateText } from "./output.ts";

/** Shows an operation. */
export const printOperation = (out: Output, operation: Operation): void => {
  const { result, problem, endedAt } = operation;
  out.thing(operation, [
    ["operation", operation.uuid],
    ["what", operation.name],
    ["state", stateText(operation.status)],
    ["asked", `${ageText(operation.createdAt)} by ${operation.actor}`],
    ...(endedAt === null ? [] : ([["ended", ageText(endedAt)]] as const)),
    ...(result == null ? [] : ([["answer", JSON.stringify(result)]] as const)),
    ...(problem === null ? [] : ([["why", `${problem.sentence} (${problem.code})`]] as const)),
  ]);
};

/** Throws what an operation ended with, under its own code, unless it is done or still on its way. */
export const requireSuccess = ({ status, problem, uuid }: Operation): void => {
  if (status === "done" || status === "queued" || status === "running") return;
  if (problem) throw new S4tError(problem.code, problem.sentence, { details: { operation: uuid } });
  if (status === "unknown") throw fail("command.unknown", { operation: uuid });
  if (status === "expired") throw fail("command.expired", { operation: uuid });
  if (status === "canceled") throw fail("request.canceled");
  throw fail("board.failed", { because: "it did not say why" });
};
