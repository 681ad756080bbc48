// The Merkle tree of RFC 6962 section 2.1, grown leaf by leaf. State: the roots of the perfect subtrees that make up the tree,
// largest first, as a binary counter holds its ones; about twenty hashes for a million entries.
import { hash as hashOnce } from "node:crypto";

const leafMark = Uint8Array.of(0);
const nodeMark = Uint8Array.of(1);

/** Leaf of an entry: SHA-256(0x00 ‖ salt ‖ payload). The salt (16 bytes) lets a payload be erased without being guessable. */
export const leafOf = (salt: Uint8Array, payload: string): string =>
  hashOnce("sha256", Buffer.concat([leafMark, salt, Buffer.from(payload)]), "hex");

const nodeOf = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  hashOnce("sha256", Buffer.concat([nodeMark, left, right]), "buffer");

/** Root of the empty tree: the hash of nothing. */
const emptyRoot = hashOnce("sha256", "", "hex");

/** A tree that only grows. */
export class MerkleTree {
  #peaks: { readonly hash: Uint8Array; readonly height: number }[] = [];
  #size = 0;

  /** A tree that grows on its own from here. */
  copy(): MerkleTree {
    const tree = new MerkleTree();
    tree.become(this);
    return tree;
  }

  /** Is from here on what `other` is now. */
  become(other: MerkleTree): void {
    this.#peaks = [...other.#peaks];
    this.#size = other.#size;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a leaf's hash (hex). */
  append(leaf: string): void {
    let hash: Uint8Array = Buffer.from(leaf, "hex");
    let height = 0;
    const peaks = this.#peaks;
    for (let top = peaks.at(-1); top && top.height === height; top = peaks.at(-1)) {
      peaks.pop();
      hash = nodeOf(top.hash, hash);
      height += 1;
    }
    peaks.push({ hash, height });
    this.#size += 1;
  }

  /** Root over all leaves so far, hex. */
  root(): string {
    let hash: Uint8Array | undefined;
    for (let i = this.#peaks.length - 1; i >= 0; i -= 1) {
      const peak = this.#peaks[i];
      if (peak) hash = hash === undefined ? peak.hash : nodeOf(peak.hash, hash);
    }
    return hash === undefined ? emptyRoot : Buffer.from(hash).toString("hex");
  }
}
