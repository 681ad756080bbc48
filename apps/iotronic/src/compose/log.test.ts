import { fail } from "@s4t/contract";
import { expect, it } from "vitest";
import { createCloudLog } from "./log.ts";

const printed = (facts: Readonly<Record<string, unknown>>): string => {
  const lines: string[] = [];
  const log = createCloudLog("debug", { write: (line) => lines.push(line) });
  log.warn("Something happened", facts);
  return lines.join("");
};

it("says by which code a disk, a network or we ourselves failed", () => {
  const full = Object.assign(fail("internal", { reference: "r" }), { code: "ENOSPC" });
  expect(JSON.parse(printed({ error: full })).err.code).toBe("ENOSPC");
  expect(JSON.parse(printed({ error: fail("board.offline") })).err.code).toBe("board.offline");
});

it.each(["password", "token", "secret", "enrolmentCode", "signInCode", "ticket", "enrolment"])(
  "never prints a %s, also not within a fact",
  (name) => {
    const word = "never-to-be-seen";
    expect(printed({ [name]: word, at: { [name]: word }, so: { deep: { [name]: word } } }))
      .not //
      .toContain(word);
  },
);
