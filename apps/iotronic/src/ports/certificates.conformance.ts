// What every driver of certificates promises. A driver's own test calls this with how it is made. What is promised is looked at
// where it counts: in a TLS handshake, with a client that trusts one authority and nobody else.
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CertificatesDriver, Leaf } from "./certificates.ts";

export interface CertificatesSetup {
  /** A started driver on empty storage. */
  readonly open: () => Promise<CertificatesDriver>;
  /** The same storage, opened again. */
  readonly reopen: () => Promise<CertificatesDriver>;
  readonly close: () => Promise<void>;
  /** Moves the driver's clock on. */
  readonly advance: (ms: number) => void;
}

const names = ["cloud.test", "localhost", "127.0.0.1", "::1"];

/** `trusted`, or the code of the refusal. */
const handshake = async (leaf: Leaf, ca: string, host: string): Promise<string> => {
  const server = createServer({ key: leaf.key, cert: leaf.chain });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const servername = /^[\d.:]+$/.test(host) ? "" : host;
  const socket = connect({
    port,
    host: "127.0.0.1",
    servername,
    ca,
  });
  try {
    return await new Promise((resolve) => {
      socket.once("secureConnect", () => resolve("trusted"));
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    });
  } finally {
    socket.destroy();
    server.close();
  }
};

/** Runs the promises. */
export const certificatesConformance = (name: string, setup: CertificatesSetup): void => {
  describe(`certificates: ${name}`, () => {
    let driver: CertificatesDriver;
    beforeEach(async () => {
      driver = await setup.open();
    });
    afterEach(() => setup.close());

    it("vouches for its names, and for no other", async () => {
      const leaf = await driver.leafFor(names);
      const { authority } = driver.trust();
      expect(await handshake(leaf, authority, "cloud.test")).toBe("trusted");
      expect(await handshake(leaf, authority, "127.0.0.1")).toBe("trusted");
      expect(await handshake(leaf, authority, "other.test")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    });
    it("says which names it vouches for, also once it is opened again", async () => {
      expect(driver.names()).toEqual([]);
      await driver.leafFor(names);
      driver = await setup.reopen();
      expect([...driver.names()].sort()).toEqual([...names].sort());
    });
    it("is not taken for another authority", async () => {
      const leaf = await driver.leafFor(names);
      await setup.close();
      const other = await setup.open();
      expect(await handshake(leaf, other.trust().authority, "cloud.test")).not.toBe("trusted");
    });
    it("names the key of its authority, and of its leaf, as who pins them computes it", async () => {
      const leaf = await driver.leafFor(names);
      const hashOf = (pem: string) =>
        createHash("sha256").update(
          new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" }),
        );
      expect(driver.trust().fingerprint).toBe(hashOf(driver.trust().authority).digest("hex"));
      expect(leaf.pin).toBe(hashOf(leaf.chain).digest("base64"));
    });
    it("keeps authority and leaf over a restart", async () => {
      const before = { trust: driver.trust(), leaf: await driver.leafFor(names) };
      const again = await setup.reopen();
      expect({ trust: again.trust(), leaf: await again.leafFor(names) }).toEqual(before);
    });
    it("makes a new leaf for other names and ahead of its end, of the same key", async () => {
      const first = await driver.leafFor(names);
      const wider = await driver.leafFor([...names, "10.0.0.7"]);
      expect(wider.chain).not.toBe(first.chain);
      setup.advance(wider.expiresAtMs - Date.parse("2026-11-27") - 86_400_000);
      const renewed = await driver.leafFor([...names, "10.0.0.7"]);
      expect(renewed.expiresAtMs).toBeGreaterThan(wider.expiresAtMs);
      expect(new Set([first.pin, wider.pin, renewed.pin]).size).toBe(1);
      expect(await handshake(renewed, driver.trust().authority, "localhost")).toBe("trusted");
    });
    it("is followed by another authority without leaving anybody out", async () => {
      const trusted = [driver.trust().authority];
      for (let i = 0; i < 3; i += 1) trusted.push((await driver.succeed()).authority);
      const again = await setup.reopen();
      const leaf = await again.leafFor(names);
      for (const authority of trusted)
        expect(await handshake(leaf, authority, "cloud.test")).toBe("trusted");
      expect(again.trust().earlier).toEqual(trusted.slice(0, -1).reverse());
      expect(new Set(trusted.map((pem) => new X509Certificate(pem).subject)).size).toBe(4);
    });
    it("can be verified by a machine whose clock stands at 1970", async () => {
      const leaf = new X509Certificate((await driver.leafFor(names)).chain);
      for (const certificate of [leaf, new X509Certificate(driver.trust().authority)])
        expect(Date.parse(certificate.validFrom)).toBe(0);
    });
  });
};
