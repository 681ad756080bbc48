// URIs, prefixes and wildcard patterns → values. A prefix is found by its length: one map look-up for each distinct length of prefix
// in the table, and boards' prefixes all have the same, so ten thousand of them cost one.
import type { MatchPolicy } from "../uri.ts";
import { WildcardTrie } from "./wildcard-trie.ts";

/** A table of exact URIs and patterns. */
export class PatternTable<T> {
  readonly #exact = new Map<string, T>();
  readonly #prefixes = new Map<string, T>();
  readonly #wildcards = new WildcardTrie<T>();
  /** Length → how many prefixes have it. */
  readonly #lengths = new Map<number, number>();
  /** The lengths, longest first. */
  #order: readonly number[] = [];

  get size(): number {
    return this.#exact.size + this.#prefixes.size + this.#wildcards.size;
  }

  get(pattern: string, match: MatchPolicy): T | undefined {
    if (match === "wildcard") return this.#wildcards.get(pattern);
    return (match === "exact" ? this.#exact : this.#prefixes).get(pattern);
  }

  set(pattern: string, match: MatchPolicy, value: T): void {
    if (match === "wildcard") this.#wildcards.set(pattern, value);
    else if (match === "exact") this.#exact.set(pattern, value);
    else {
      if (!this.#prefixes.has(pattern)) this.#count(pattern.length, 1);
      this.#prefixes.set(pattern, value);
    }
  }

  remove(pattern: string, match: MatchPolicy): void {
    if (match === "wildcard") this.#wildcards.remove(pattern);
    else if (match === "exact") this.#exact.delete(pattern);
    else if (this.#prefixes.delete(pattern)) this.#count(pattern.length, -1);
  }

  /** The value of the exact URI, else of the longest prefix, else of the best wildcard (WAMP: Pattern-based Registrations). */
  findBest(uri: string): T | undefined {
    const exact = this.#exact.get(uri);
    if (exact !== undefined) return exact;
    for (const length of this.#order) {
      if (length > uri.length) continue;
      const found = this.#prefixes.get(uri.slice(0, length));
      if (found !== undefined) return found;
    }
    return this.#wildcards.size === 0 ? undefined : this.#wildcards.listMatches(uri)[0];
  }

  /** Every value whose pattern matches. */
  listMatches(uri: string): readonly T[] {
    const found: T[] = [];
    const exact = this.#exact.get(uri);
    if (exact !== undefined) found.push(exact);
    for (const length of this.#order) {
      if (length > uri.length) continue;
      const value = this.#prefixes.get(uri.slice(0, length));
      if (value !== undefined) found.push(value);
    }
    if (this.#wildcards.size > 0) found.push(...this.#wildcards.listMatches(uri));
    return found;
  }

  #count(length: number, change: 1 | -1): void {
    const before = this.#lengths.get(length) ?? 0;
    const after = before + change;
    if (after === 0) this.#lengths.delete(length);
    else this.#lengths.set(length, after);
    if (before === 0 || after === 0) this.#order = [...this.#lengths.keys()].sort((a, b) => b - a);
  }
}
