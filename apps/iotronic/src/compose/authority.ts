// The authority as the API shows it and as boards are told of it.
import { createHash, X509Certificate } from "node:crypto";
import { type Authority, fail, rest } from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import type { AuditLog } from "../edge/facts.ts";
import { implement } from "../edge/routes.ts";
import { everything } from "../policy/index.ts";
import type { Trust } from "../ports/certificates.ts";
import type { Database, Tx } from "../ports/database.ts";
import type { Lan } from "./lan.ts";

/** As enrolment strings pin it: SHA-256 of the public key, not of the certificate. */
const fingerprintOf = (pem: string): string =>
  createHash("sha256")
    .update(new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");

const show = ({ authority, fingerprint, earlier }: Trust): Authority => ({
  certificate: authority,
  fingerprint,
  expiresAt: toRfc3339(Date.parse(new X509Certificate(authority).validTo)),
  earlier: earlier.map(fingerprintOf),
});

/** The section `trust` of every board's target: empty until an authority was followed by another. */
export const trustPart = ({ authority, succession }: Trust) =>
  succession.length === 0 ? {} : { trust: { ca: { certificates: [authority, ...succession] } } };

/** Certificates of the authority and those before it, PEM, for who pinned the key of one of them. */
export const authoritiesOf = (lan: Lan | undefined): string => {
  if (!lan) return "";
  const { authority, earlier } = lan.certificates.trust();
  return [authority, ...earlier].join("");
};

export interface AuthorityDependencies {
  readonly lan: Lan | undefined;
  readonly database: Database;
  readonly audit: AuditLog;
  readonly retargetAll: (tx: Tx) => Promise<void>;
}

/** What the cloud says and does about who vouches for it. */
export const authorityRoutes = ({ lan, database, audit, retargetAll }: AuthorityDependencies) => {
  const beyond = (): Lan => {
    if (!lan) throw fail("authority.not-found");
    return lan;
  };
  return implement(rest.authority, {
    show: async () => show(beyond().certificates.trust()),
    async replace({ actor }) {
      const { certificates, refresh } = beyond();
      const before = certificates.trust().fingerprint;
      const trust = await certificates.succeed();
      await refresh();
      // A crash before this only delays it: boards ask for their target at every join.
      await database.write(everything, async (tx) => {
        await audit.append(tx, {
          actor,
          action: "cloud.authority",
          project: null,
          facts: { before, after: trust.fingerprint },
        });
        await retargetAll(tx);
      });
      return show(trust);
    },
  });
};
