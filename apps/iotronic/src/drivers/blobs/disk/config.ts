/** What blobs on disk need. */
export interface DiskBlobsOptions {
  /** Folder that holds nothing else. */
  readonly folder: string;
}
