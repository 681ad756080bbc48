import type { Clock } from "@s4t/kit";

/** What the cloud's own authority needs. */
export interface EmbeddedCertificatesOptions {
  /** Folder of its keys, readable by the cloud's user alone. */
  readonly folder: string;
  /** Name of the cloud, for people who look at a certificate. */
  readonly name: string;
  readonly clock: Clock;
}
