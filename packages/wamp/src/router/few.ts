// A map by number for what is nearly always nothing or one: the calls of one session. Ten thousand sessions at rest must not hold
// twenty thousand empty maps; one entry needs no map at all.

/** A map by number that costs next to nothing while it holds no more than one. */
export class Few<Value> {
  #key = 0;
  #only: Value | undefined;
  /** There once a second came, until all are gone. */
  #more: Map<number, Value> | undefined;

  get size(): number {
    return this.#more?.size ?? (this.#only === undefined ? 0 : 1);
  }

  get(key: number): Value | undefined {
    if (this.#more) return this.#more.get(key);
    return key === this.#key ? this.#only : undefined;
  }

  has(key: number): boolean {
    return this.get(key) !== undefined;
  }

  set(key: number, value: Value): void {
    if (this.#more) this.#more.set(key, value);
    else if (this.#only === undefined || this.#key === key) {
      this.#key = key;
      this.#only = value;
    } else {
      this.#more = new Map([
        [this.#key, this.#only],
        [key, value],
      ]);
      this.#only = undefined;
    }
  }

  delete(key: number): boolean {
    if (this.#more) {
      const was = this.#more.delete(key);
      if (this.#more.size === 0) this.#more = undefined;
      return was;
    }
    if (this.#only === undefined || this.#key !== key) return false;
    this.#only = undefined;
    return true;
  }

  /** In the order of their coming; what is deleted meanwhile is left out. */
  values(): Iterable<Value> {
    if (this.#more) return this.#more.values();
    return this.#only === undefined ? [] : [this.#only];
  }
}
