// Ways to a board from this page: a shell, and files.
import {
  type BoardFile,
  type DialWay,
  getFile,
  listFiles,
  openShell,
  pageDialWay,
  putFile,
  type Shell,
} from "@s4t/sdk";
import { api } from "./api.ts";
import { openSaving, type SavingWish } from "./saving.ts";

export type { BoardFile, Shell } from "@s4t/sdk";

/** Made at each use: what it is made of may come in another chunk, after this one. */
const dial: DialWay = (way, signal) => pageDialWay(location.origin)(way, signal);

export interface ShellWish {
  readonly cols: number;
  readonly rows: number;
  readonly onData: (bytes: Uint8Array, shown: () => void) => void;
  readonly signal: AbortSignal;
}

export const openBoardShell = (board: string, wish: ShellWish): Promise<Shell> =>
  openShell(api(), { board, dial, ...wish });

export const listFolder = (
  board: string,
  path: string,
  signal: AbortSignal,
): Promise<BoardFile[]> => listFiles(api(), { board, dial, path, signal });

interface Transfer {
  readonly path: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** Takes a file of the board, and saves it once it is whole. */
export const takeFile = async (
  board: string,
  { name, bytes, command, ...transfer }: Transfer & SavingWish,
): Promise<void> => {
  const saving = await openSaving({ name, bytes, command });
  try {
    await getFile(api(), { board, dial, ...transfer }, (piece) => saving.take(piece));
    await saving.finish();
  } catch (error) {
    await Promise.resolve(saving.drop()).catch(() => {}); // why it did not come is what counts
    throw error;
  }
};

/** Pieces of a file of this machine, read as they are sent. */
async function* piecesOf(file: File): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = file.stream().getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}

export const bringFile = async (board: string, file: File, transfer: Transfer): Promise<void> => {
  await putFile(api(), { board, dial, bytes: file.size, ...transfer }, piecesOf(file));
};
