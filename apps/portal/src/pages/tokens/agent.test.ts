import { expect, it } from "vitest";
import { programOf } from "./agent.ts";

it.each([
  [null, "–"],
  ["node", "node"],
  ["python-keystoneclient/1.0 requests", "python-keystoneclient/1.0"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"],
  [
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
    "Edge, Windows",
  ],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari, iPhone"],
  ["Mozilla/5.0", "–"],
])("%s is %s", (agent, shown) => {
  expect(programOf(agent)).toBe(shown);
});
