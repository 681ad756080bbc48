export type { DiskBlobsOptions } from "./config.ts";
export { createDiskBlobs as diskBlobs } from "./disk.ts";
