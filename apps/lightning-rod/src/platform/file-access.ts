// Files of this machine as a port, within the folders that its owner allows.

export interface FileEntry {
  readonly name: string;
  readonly type: "file" | "folder" | "link" | "other";
  readonly bytes: number;
  readonly mode: number;
  readonly modifiedMs: number;
}

/** A file that is read. */
export interface OpenedFile {
  readonly bytes: number;
  /** The next bytes from there, at most as many as asked for; empty at the end. */
  read(offset: number, most: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A file that is written beside its name. */
export interface NewFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Durable, and under its name, in one step. */
  commit(): Promise<void>;
  /** Leaves nothing. */
  discard(): Promise<void>;
}

/** Every method throws `file.not-allowed`, `file.not-found` and `file.failed`. */
export interface FileAccess {
  /** What the owner allows. */
  readonly folders: readonly string[];
  list(path: string): AsyncIterable<FileEntry>;
  open(path: string): Promise<OpenedFile>;
  create(
    path: string,
    options: { readonly mode: number; readonly bytes: number },
  ): Promise<NewFile>;
}
