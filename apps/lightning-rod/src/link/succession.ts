// From the authority that this board trusts to the one that the cloud has now: each later one must be signed by one before.
import { X509Certificate } from "node:crypto";
import { fail } from "@s4t/contract";

/** A certificate out of a target; throws `target.entry-failed` for a text that is none. */
const parse = (pem: string): X509Certificate => {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw fail("target.entry-failed", { because: "one of them is not a certificate" }, cause);
  }
};

const hasKeyOf = (a: X509Certificate, b: X509Certificate): boolean =>
  a.publicKey.equals(b.publicKey);

/**
 * The authority to trust from now on. `trusted`: PEM of the present one; `certificates`: the new one first, then each later
 * authority as the one before signed it, newest first. Throws `target.entry-failed` where no way leads from one to the other.
 */
export const followSuccession = (trusted: string, certificates: readonly string[]): string => {
  const [goal, ...steps] = certificates.map(parse);
  let present = parse(trusted);
  for (const step of steps.reverse()) if (step.ca && step.verify(present.publicKey)) present = step;
  const isAuthority = goal?.ca === true && goal.verify(goal.publicKey);
  if (!goal || !isAuthority || !hasKeyOf(goal, present))
    throw fail("target.entry-failed", {
      because: "the authority that this board trusts did not sign it",
    });
  return goal.toString();
};
