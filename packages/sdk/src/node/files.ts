// Files of this machine to and from a board: written beside and renamed, so that a name never stands for half a file.
import { createHash } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import {
  type Client,
  type FileOptions,
  getFile,
  type Hashing,
  putFile,
  type Transferred,
} from "@s4t/sdk";

/** Bytes of a local file that are read at once. */
export const UPLOAD_PIECE_BYTES = 262_144;

const sha256 = (): Hashing => {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
};

type LocalFileOptions = Omit<FileOptions, "hash"> & {
  /** Path on this machine. */
  readonly local: string;
};

/** Takes a file from a board into one of this machine. */
export const downloadFile = async (
  client: Client,
  { local, ...options }: LocalFileOptions,
): Promise<Transferred> => {
  const beside = `${local}.${process.pid}.part`;
  const file = await open(beside, "wx", 0o600);
  try {
    const taken = await getFile(client, { ...options, hash: sha256 }, async (bytes) => {
      for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
    });
    await file.chmod(0o666 & ~process.umask());
    await file.close();
    await rename(beside, local);
    return taken;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(beside, { force: true });
    throw error;
  }
};

/** Takes a file from a board to a stream, such as standard output. */
export const downloadTo = (
  client: Client,
  options: Omit<FileOptions, "hash">,
  output: NodeJS.WritableStream,
): Promise<Transferred> =>
  getFile(
    client,
    { ...options, hash: sha256 },
    (bytes) =>
      new Promise((resolve, reject) => {
        output.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
  );

/** The SHA-256 of what is read. */
const hashOfAll = async (source: AsyncIterable<Uint8Array>): Promise<string> => {
  const hash = sha256();
  for await (const piece of source) hash.update(piece);
  return hash.hex();
};

/**
 * Brings a file of this machine to a board. Where an owner answers for it, it is read twice: what is signed is the hash of the
 * bytes, so that nobody on the way can bring others in their place.
 */
export const uploadFile = async (
  client: Client,
  { local, ...options }: LocalFileOptions & { readonly mode?: number | undefined },
): Promise<Transferred> => {
  const { size, mode } = await stat(local);
  const file = await open(local, "r");
  // What is added to the file while it is read is not part of it.
  const read = (): AsyncIterable<Uint8Array> =>
    file.createReadStream({
      ...{ highWaterMark: UPLOAD_PIECE_BYTES, autoClose: false, start: 0 },
      ...(size > 0 ? { end: size - 1 } : {}),
    });
  try {
    const announced = options.owner ? { sha256: await hashOfAll(read()) } : {};
    return await putFile(
      client,
      { ...options, ...announced, bytes: size, mode: options.mode ?? mode & 0o777, hash: sha256 },
      read(),
    );
  } finally {
    await file.close();
  }
};
