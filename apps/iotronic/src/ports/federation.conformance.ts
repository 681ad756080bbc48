// What whoever proves people must do, shown with a browser that goes there and comes back.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FederationDriver } from "./federation.ts";

export interface FederationForTest {
  readonly driver: FederationDriver;
  readonly redirectUri: string;
  /** Goes to an address as the person that the provider knows; answers the address that the browser came back by. */
  visit(url: string): Promise<URL>;
  /** The person's subject there. */
  readonly subject: string;
  /** From now on the provider does not answer, or does again. */
  away(isAway: boolean): void | Promise<void>;
  close(): void | Promise<void>;
}

/** The promises of {@link FederationDriver}. */
export const federationConformance = (
  name: string,
  open: () => Promise<FederationForTest>,
): void => {
  describe(`federation: ${name}`, () => {
    let opened: FederationForTest;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    it("proves who came back, as the issuer's own", async () => {
      const { driver, redirectUri, subject } = opened;
      const { url, kept } = await driver.begin(redirectUri, false);
      const found = await driver.finish(await opened.visit(url), kept);
      expect(found).toMatchObject({ subject });
      expect(found.issuer).toMatch(/^http/);
      expect(found.claims).toMatchObject({ sub: subject });
    });
    it("keeps its secrets to itself, and makes others each time", async () => {
      const [one, two] = [
        await opened.driver.begin(opened.redirectUri, false),
        await opened.driver.begin(opened.redirectUri, false),
      ];
      expect(one.url).not.toContain(one.kept.verifier);
      for (const member of ["state", "nonce", "verifier"] as const) {
        expect(one.kept[member].length).toBeGreaterThanOrEqual(43);
        expect(one.kept[member]).not.toBe(two.kept[member]);
      }
    });
    it.each(["state", "nonce", "verifier"] as const)(
      "refuses who comes back with another %s than they left with",
      async (member) => {
        const { url, kept } = await opened.driver.begin(opened.redirectUri, false);
        const back = await opened.visit(url);
        const other = { ...kept, [member]: "x".repeat(43) };
        await expect(opened.driver.finish(back, other)).rejects.toMatchObject({
          code: "oidc.refused",
        });
      },
    );
    it("refuses a way back for the second time", async () => {
      const { url, kept } = await opened.driver.begin(opened.redirectUri, false);
      const back = await opened.visit(url);
      await opened.driver.finish(back, kept);
      await expect(opened.driver.finish(back, kept)).rejects.toMatchObject({
        code: "oidc.refused",
      });
    });
    it("says that nobody answers, and goes on once somebody does", async () => {
      const { driver, redirectUri, subject } = opened;
      await opened.away(true);
      await expect(driver.begin(redirectUri, false)).rejects.toMatchObject({
        code: "oidc.unavailable",
      });
      await opened.away(false);
      const { url, kept } = await driver.begin(redirectUri, false);
      const back = await opened.visit(url);
      await opened.away(true);
      await expect(driver.finish(back, kept)).rejects.toMatchObject({ code: "oidc.unavailable" });
      await opened.away(false);
      const again = await driver.begin(redirectUri, true);
      expect(await driver.finish(await opened.visit(again.url), again.kept)).toMatchObject({
        subject,
      });
    });
  });
};
