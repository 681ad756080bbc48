// Wildcard patterns by their components: a level of the tree is a component, `""` stands for any. Looking up costs at most two ways
// at each level, however many patterns there are.

interface Branch<T> {
  readonly next: Map<string, Branch<T>>;
  value: T | undefined;
}

const newBranch = <T>(): Branch<T> => ({ next: new Map(), value: undefined });

/** Wildcard patterns → values. */
export class WildcardTrie<T> {
  readonly #root: Branch<T> = newBranch();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(pattern: string): T | undefined {
    let branch: Branch<T> | undefined = this.#root;
    for (const component of pattern.split(".")) branch = branch?.next.get(component);
    return branch?.value;
  }

  set(pattern: string, value: T): void {
    let branch = this.#root;
    for (const component of pattern.split(".")) {
      const next: Branch<T> = branch.next.get(component) ?? newBranch<T>();
      branch.next.set(component, next);
      branch = next;
    }
    if (branch.value === undefined) this.#size += 1;
    branch.value = value;
  }

  remove(pattern: string): void {
    const components = pattern.split(".");
    const path: Branch<T>[] = [this.#root];
    for (const component of components) {
      const next = path.at(-1)?.next.get(component);
      if (!next) return;
      path.push(next);
    }
    const last = path.at(-1) as Branch<T>;
    if (last.value === undefined) return;
    last.value = undefined;
    this.#size -= 1;
    // Branches that lead nowhere any more.
    for (let i = components.length; i > 0; i -= 1) {
      const branch = path[i] as Branch<T>;
      if (branch.value !== undefined || branch.next.size > 0) return;
      path[i - 1]?.next.delete(components[i - 1] as string);
    }
  }

  /** Every value whose pattern matches; those that name more of the first components come first (WAMP: Pattern-based Registrations). */
  listMatches(uri: string): readonly T[] {
    if (this.#size === 0) return [];
    const found: T[] = [];
    this.#collect(this.#root, uri.split("."), 0, found);
    return found;
  }

  #collect(branch: Branch<T>, components: readonly string[], level: number, found: T[]): void {
    if (level === components.length) {
      if (branch.value !== undefined) found.push(branch.value);
      return;
    }
    const named = branch.next.get(components[level] as string);
    if (named) this.#collect(named, components, level + 1, found);
    const any = branch.next.get("");
    if (any) this.#collect(any, components, level + 1, found);
  }
}
