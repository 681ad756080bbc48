/** What mail in a folder needs. */
export interface FileMailOptions {
  /** Folder that holds nothing else: `new/` has what nobody has fetched yet, as in a maildir. */
  readonly folder: string;
  /** Whom letters are from, `Name <name@example.org>`. */
  readonly from: string;
}
