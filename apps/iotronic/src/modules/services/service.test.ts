import { expect, it } from "vitest";
import { warningOf } from "./service.ts";

it.each([
  ["127.0.0.1", [], null],
  ["::1", [], null],
  ["0.0.0.0", ["192.168.1.0/24"], null],
  ["0.0.0.0", ["10.0.0.0/8", "fd00::/16", "192.0.2.7"], null],
  ["0.0.0.0", ["192.168.1.0/24", "0.0.0.0/0"], "exposure.open-to-all"],
  ["0.0.0.0", ["0.0.0.0/1", "128.0.0.0/1"], "exposure.open-to-all"],
  ["::", ["::/0"], "exposure.open-to-all"],
  ["0.0.0.0", [], "exposure.open-to-all"],
  ["192.168.1.7", [], "exposure.open-to-all"],
  ["::", [], "exposure.open-to-all"],
] as const)("a public port at %s for %j warns of %s", (address, sources, code) => {
  const warning = warningOf(address, sources);
  expect(warning?.code ?? null).toBe(code);
  if (code) expect(warning?.sentence).toContain(address);
});
