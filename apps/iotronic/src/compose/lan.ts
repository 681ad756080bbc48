// The cloud beyond loopback: its certificate, kept good while it runs, the authority that boards pin, and the way in for a
// second machine.
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { fail } from "@s4t/contract";
import type { Clock, Log, Part } from "@s4t/kit";
import { writeFileAtomic } from "@s4t/kit/node";
import type { Config } from "../config.ts";
import type { TlsCredentials } from "../http/server.ts";
import type { CertificatesDriver, Leaf } from "../ports/certificates.ts";
import { certifiedNames, keepNames, publicUrl, type ServedAt } from "./names.ts";

/** How often the names of this machine and the end of the certificate are looked at. */
export const CERTIFICATE_CHECK_MS = 10_000;

export interface Lan {
  readonly host: string;
  /** What TLS is served with at the start. */
  readonly credentials: TlsCredentials;
  readonly certificates: CertificatesDriver;
  /** Address that others are told. */
  url(port: number): string;
  /** The pin of the leaf, as curl takes it. */
  pin(): string;
  /** Issues anew what is no longer good and hands it to the server. */
  refresh(): Promise<void>;
  /** Keeps it good, from the start on. */
  keepGood(renew: (credentials: TlsCredentials) => void): Part;
}

/** The setting `address` as an origin. Throws `config.invalid`. */
export const addressOf = (text: string | null): string | null => {
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:" || url.pathname !== "/" || url.search !== "")
    throw fail("config.invalid", {
      setting: "address",
      because: "must be an address such as https://cloud.example:8812",
    });
  return url.origin;
};

/** Opens the certificates for `--listen`; undefined where the cloud keeps to loopback. */
export const openLan = async (
  config: Config,
  folder: string,
  clock: Clock,
  log: Log,
): Promise<Lan | undefined> => {
  const { listen } = config;
  if (listen === null) return undefined;
  const { embeddedCertificates } = await import("../drivers/certificates/embedded/index.ts");
  const certificates = embeddedCertificates({
    folder: join(folder, "ca"),
    name: config.name,
    clock,
  });
  await certificates.start?.();
  /** For people: what to give to `s4t login --ca` or to a browser. */
  const publish = () =>
    writeFileAtomic(join(folder, "ca.pem"), certificates.trust().authority, { mode: 0o644 });
  const at: ServedAt = { listen, address: addressOf(config.address) };
  const machine = () => ({ hostname: hostname(), interfaces: networkInterfaces() });
  // What was vouched for before this start goes on: boards that know this cloud by it may be back before its cable is.
  let names: readonly string[] = certificates.names();
  const issue = () => {
    const present = keepNames(names, certifiedNames(at, machine()));
    // Another order is no reason for another certificate.
    if (present.some((name) => !names.includes(name))) names = present;
    return certificates.leafFor(names);
  };
  let leaf: Leaf = await issue();
  let hand: (credentials: TlsCredentials) => void = () => {};
  let timer: { cancel(): void } | undefined;

  publish();
  const refresh = async (): Promise<void> => {
    const next = await issue();
    if (next.chain === leaf.chain) return;
    leaf = next;
    publish();
    hand(next);
    log.info("The certificate was renewed", { until: new Date(next.expiresAtMs).toISOString() });
  };
  const watch = (): void => {
    timer = clock.after(CERTIFICATE_CHECK_MS, () => {
      refresh()
        .catch((error: unknown) => log.error("The certificate could not be renewed", { error }))
        .finally(watch);
    });
  };
  return {
    host: listen,
    credentials: leaf,
    certificates,
    url: (port) => publicUrl(at, machine(), port),
    pin: () => leaf.pin,
    refresh,
    keepGood: (renew) => ({
      name: "certificate",
      start() {
        hand = renew;
        watch();
      },
      stop: () => timer?.cancel(),
    }),
  };
};
