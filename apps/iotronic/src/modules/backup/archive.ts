// The form of a backup: one stream. A first line names the format and the release; then each file as a line of JSON (path,
// size, SHA-256 of its content) and its bytes; a last line closes it. Nothing is unpacked before all of it has been checked.
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fail } from "@s4t/contract";

const magic = "s4t-backup 1";
/** Longest line between files. */
export const MAX_BACKUP_LINE_BYTES = 4_096;

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();

const hashOfFile = async (path: string): Promise<string> => {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest("hex");
};

/** A folder as a stream. */
export async function* packFolder(folder: string, release: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${magic} ${release}\n`);
  const files = filesIn(folder);
  for (const path of files) {
    const full = join(folder, path);
    yield Buffer.from(
      `${JSON.stringify({ path, size: statSync(full).size, sha256: await hashOfFile(full) })}\n`,
    );
    for await (const piece of createReadStream(full)) yield piece as Uint8Array;
  }
  yield Buffer.from(`${JSON.stringify({ end: files.length })}\n`);
}

/** Reads lines and counted bytes off a stream. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done) return false;
    this.#rest = Buffer.concat([this.#rest, value]);
    return true;
  }

  async line(): Promise<string> {
    for (;;) {
      const at = this.#rest.indexOf(10);
      if (at >= 0) {
        const line = this.#rest.subarray(0, at).toString();
        this.#rest = this.#rest.subarray(at + 1);
        return line;
      }
      if (this.#rest.length > MAX_BACKUP_LINE_BYTES || !(await this.#more()))
        throw fail("backup.invalid", { because: "it ends too early" });
    }
  }

  async *bytes(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#more()))
        throw fail("backup.invalid", { because: "it ends too early" });
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async isAtEnd(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#more());
  }
}

const isSafe = (path: string) =>
  /^[\w.-]+(\/[\w.-]+)*$/.test(path) &&
  !path.split("/").includes("..") &&
  !path.split("/").includes(".");

const parseLine = (
  text: string,
): { path?: string; size?: number; sha256?: string; end?: number } => {
  try {
    return JSON.parse(text) as ReturnType<typeof parseLine>;
  } catch (cause) {
    throw fail("backup.invalid", { because: "it is damaged" }, cause);
  }
};

const writeFile = async (
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  sha256: string,
): Promise<void> => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const hash = createHash("sha256");
  {
    // Closed before anything else happens: what failed is removed by the caller, and nothing may be made in it afterwards.
    await using file = await open(path, "wx", 0o600);
    for await (const piece of bytes) {
      hash.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
  }
  if (hash.digest("hex") !== sha256)
    throw fail("backup.invalid", { because: "a file in it is damaged" });
};

/** A stream into an empty folder, every file checked. Answers the release that made it. Throws `backup.invalid`. */
export const unpackTo = async (
  folder: string,
  stream: AsyncIterable<Uint8Array>,
): Promise<string> => {
  const reader = new ByteReader(stream);
  const first = await reader.line();
  if (!first.startsWith(`${magic} `))
    throw fail("backup.invalid", { because: "it does not begin as one" });
  for (let count = 0; ; count += 1) {
    const { path, size, sha256, end } = parseLine(await reader.line());
    if (end !== undefined) {
      if (end !== count || !(await reader.isAtEnd()))
        throw fail("backup.invalid", { because: "it is not whole" });
      return first.slice(magic.length + 1);
    }
    if (
      path === undefined ||
      size === undefined ||
      sha256 === undefined ||
      !isSafe(path) ||
      !(Number.isSafeInteger(size) && size >= 0)
    )
      throw fail("backup.invalid", { because: "it is damaged" });
    await writeFile(join(folder, path), reader.bytes(size), sha256);
  }
};
