// A failed entry of a target on the board's page: which, why, with its code, in both languages.
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { enter, launchBrowser, takePicture, visit } from "./portal/browser.ts";
import { openStage } from "./portal/stage.ts";

it("an entry that failed stands on the board's page with its reason and code, beside those that hold", async () => {
  const stage = await openStage();
  const browser = await launchBrowser();
  try {
    const uuid = await stage.addBoard("lamp");
    await stage.cloud().kill("SIGTERM");
    const folder = dirname(stage.agents.get("lamp")?.folder ?? "");
    const database = new DatabaseSync(join(folder, "cloud/database/cloud.sqlite"));
    // What a cloud of a later release might want of this agent.
    const settings = {
      sensors: { enabled: true, storeEveryS: 60 },
      log: { level: "info" },
      colour: "green",
    };
    database
      .prepare("update boards set settings = ?, target_wanted = target_wanted + 1")
      .run(JSON.stringify(settings));
    database.close();
    await stage.restartCloud();
    await stage.untilStatus(uuid, "degraded");
    for (const [language, sentence] of [
      ["en", "This agent does not know the entry kind settings/colour."],
      ["it", "Questo agente non conosce voci di tipo settings/colour."],
    ] as const) {
      const made = await visit(browser, stage.cloud().url, { language });
      const { username, password } = stage.admin;
      await enter(made, username, password, `/app/default/boards/${uuid}`);
      const row = made.page.getByRole("row").filter({ hasText: "settings/colour" });
      await row.getByText(sentence).waitFor();
      await row.getByText("target.entry-unknown").waitFor();
      await made.page.getByRole("row").filter({ hasText: "settings/sensors" }).waitFor();
      await takePicture(made.page, `target-failed-${language}`);
      expect(made.complaints).toEqual([]);
      await made.context.close();
    }
  } finally {
    await browser.close();
    await stage.close();
  }
}, 90_000);
