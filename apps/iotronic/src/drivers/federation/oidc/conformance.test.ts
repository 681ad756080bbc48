import { expect, it } from "vitest";
import { browse, client, openForger, openOidcPeer } from "../../../../test/oidc-peer.ts";
import { federationConformance } from "../../../ports/federation.conformance.ts";
import { isIssuer, oidcFederation } from "./index.ts";

const redirectUri = "http://127.0.0.1:8812/api/oidc/city/callback";
const driverOf = (issuer: string) =>
  oidcFederation({
    ...{ issuer, clientId: client.id, clientSecret: client.secret },
    ...{ scopes: "openid profile email", nameClaim: "preferred_username" },
  });

federationConformance("oidc, npm oidc-provider", async () => {
  const peer = await openOidcPeer(redirectUri);
  peer.people.set("sub-anna", { preferred_username: "anna" });
  return {
    ...{ driver: driverOf(peer.url), redirectUri, subject: "sub-anna" },
    visit: async (url) => new URL(await browse().signInAt(url, peer.url, "sub-anna")),
    away: peer.away,
    close: peer.close,
  };
});

federationConformance("oidc, one of ours", async () => {
  const forger = await openForger();
  return {
    ...{ driver: driverOf(forger.url), redirectUri, subject: "forged-1" },
    visit: async (url) => new URL(await browse().signInAt(url, forger.url, "")),
    away: (isSilent) => forger.forge({ isSilent }),
    close: forger.close,
  };
});

it("an issuer is https, or on loopback", () => {
  const all = [
    "https://a.example",
    "http://127.0.0.1:1",
    "http://a.example",
    "a.example",
    "ftp://a",
  ];
  expect(all.map(isIssuer)).toEqual([true, true, false, false, false]);
});
