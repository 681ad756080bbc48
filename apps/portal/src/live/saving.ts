// Where a file of a board goes that this page takes: into memory until it is whole, or to the disk as it comes, where the browser can.
import { fail } from "@s4t/sdk";

/** Most bytes of a file that this page holds until it is saved: a tab's fair share of a small machine's memory. */
export const MAX_HELD_BYTES = 67_108_864;

export interface Saving {
  take(bytes: Uint8Array): void | Promise<void>;
  /** It came whole: it is saved under its name. */
  finish(): void | Promise<void>;
  /** It did not: nothing is left. */
  drop(): void | Promise<void>;
}

export interface SavingWish {
  readonly name: string;
  /** As the board's list says: it may have grown since. */
  readonly bytes: number;
  /** How the command line takes it. */
  readonly command: string;
}

/** The browser's own dialog for a place on the disk; not every browser has it. */
interface CanPick {
  showSaveFilePicker?(options: { readonly suggestedName: string }): Promise<FileSystemFileHandle>;
}

const tooLarge = ({ name, command }: SavingWish) =>
  fail("file.too-large", { path: name, limitBytes: MAX_HELD_BYTES, command });

const inMemory = (wish: SavingWish): Saving => {
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let held = 0;
  return {
    take(bytes) {
      held += bytes.length;
      if (held > MAX_HELD_BYTES) throw tooLarge(wish);
      parts.push(new Uint8Array(bytes));
    },
    finish() {
      const url = URL.createObjectURL(new Blob(parts));
      const link = document.createElement("a");
      link.href = url;
      link.download = wish.name;
      link.click();
      URL.revokeObjectURL(url);
    },
    drop() {
      parts = [];
    },
  };
};

const onDisk = async (handle: FileSystemFileHandle): Promise<Saving> => {
  const file = await handle.createWritable();
  return {
    take: (bytes) => file.write(new Uint8Array(bytes)),
    finish: () => file.close(),
    drop: () => file.abort(),
  };
};

/** Asks for a place on the disk where a file is too large to be held. Throws `file.too-large` where the browser has no such dialog. */
export const openSaving = async (wish: SavingWish): Promise<Saving> => {
  if (wish.bytes <= MAX_HELD_BYTES) return inMemory(wish);
  const pick = (globalThis as CanPick).showSaveFilePicker?.({ suggestedName: wish.name });
  if (!pick) throw tooLarge(wish);
  try {
    return await onDisk(await pick);
  } catch (error) {
    // Whoever closes the dialog does not want the file after all.
    throw error instanceof DOMException && error.name === "AbortError"
      ? fail("request.canceled", {}, error)
      : error;
  }
};
