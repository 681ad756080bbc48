export type { EmbeddedCertificatesOptions } from "./config.ts";
export { createEmbeddedCertificates as embeddedCertificates } from "./embedded.ts";
