import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readMail } from "../../../../test/mail.ts";
import { mailConformance } from "../../../ports/mail.conformance.ts";
import { MAX_KEPT_MAILS } from "./file.ts";
import { fileMail } from "./index.ts";

const from = "Città <cloud@example.org>";
const make = () => {
  const parent = mkdtempSync(join(tmpdir(), "s4t-mail-"));
  const folder = join(parent, "mail");
  return { parent, folder, mail: fileMail({ folder, from }) };
};
const filesOf = (folder: string): string[] => {
  try {
    return readdirSync(join(folder, "new")).map((name) => join(folder, "new", name));
  } catch {
    return [];
  }
};

mailConformance("file", async () => {
  const { parent, folder, mail } = make();
  let isBlocked = false;
  return {
    ...{ mail, from },
    arrived: () => Promise.all(filesOf(folder).map((file) => readMail(readFileSync(file)))),
    refuse(isRefused) {
      // In the place of the folder lies a file: root, too, can make nothing there.
      if (isRefused) writeFileSync(folder, "");
      else if (isBlocked) rmSync(folder);
      isBlocked = isRefused;
    },
    async close() {
      chmodSync(parent, 0o700);
      rmSync(parent, { recursive: true });
    },
  };
});

it("keeps so many, the newest ones", async () => {
  const { parent, folder, mail } = make();
  await mail.send({ to: "a@example.org", subject: "first", text: "x\n" });
  for (let i = 0; i < MAX_KEPT_MAILS + 5; i += 1)
    writeFileSync(join(folder, "new", `9${String(i).padStart(14, "0")}.x.s4t`), "x");
  await mail.send({ to: "a@example.org", subject: "second", text: "x\n" });
  const names = readdirSync(join(folder, "new"));
  expect(names).toHaveLength(MAX_KEPT_MAILS);
  expect(names.every((name) => name.startsWith("9"))).toBe(true);
  rmSync(parent, { recursive: true });
});
