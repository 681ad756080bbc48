// Reads untrusted values member by member; whatever is missing, too much or of another kind is told by its path.
import { S4tError } from "@s4t/kit";

/** The error of a setting that is not as it has to be; `setting` is its path in the file, or its flag. */
export const badSetting = (setting: string, because: string): S4tError =>
  new S4tError("config.invalid", `Setting ${setting}: ${because}.`, {
    details: { setting, because },
  });

/** A dictionary under reading. Each reader takes a member; {@link Fields.entirely} refuses those that nobody took. */
export class Fields {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #taken = new Set<string>();

  constructor(value: unknown, path: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw badSetting(path || "config", "must be an object");
    this.#value = value as Readonly<Record<string, unknown>>;
    this.#path = path;
  }

  at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
  has(name: string): boolean {
    return this.#value[name] !== undefined;
  }
  names(): readonly string[] {
    for (const name of Object.keys(this.#value)) this.#taken.add(name);
    return Object.keys(this.#value);
  }
  #take(name: string): unknown {
    this.#taken.add(name);
    return this.#value[name];
  }

  text(name: string, form = /^.+$/s, says = "must be a text"): string {
    const value = this.#take(name);
    if (typeof value !== "string" || !form.test(value)) throw badSetting(this.at(name), says);
    return value;
  }
  textIf(name: string, form?: RegExp, says?: string): string | undefined {
    return this.has(name) ? this.text(name, form, says) : undefined;
  }
  oneOf<T extends string>(name: string, values: readonly T[], otherwise?: T): T {
    const value = this.#take(name) ?? otherwise;
    if (!values.includes(value as T))
      throw badSetting(this.at(name), `must be one of ${values.join(", ")}`);
    return value as T;
  }
  whole(name: string, least: number, most: number, otherwise?: number): number {
    const value = this.#take(name) ?? otherwise;
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
      throw badSetting(this.at(name), `must be a whole number from ${least} to ${most}`);
    return value as number;
  }
  yes(name: string): boolean {
    const value = this.#take(name) ?? false;
    if (typeof value !== "boolean") throw badSetting(this.at(name), "must be true or false");
    return value;
  }
  /** Another dictionary, read by `read`; undefined where it is not there. */
  inside<T>(name: string, read: (fields: Fields) => T): T | undefined {
    if (!this.has(name)) return undefined;
    return new Fields(this.#take(name), this.at(name)).entirely(read);
  }
  /** A list of dictionaries, each read by `read`. */
  list<T>(name: string, read: (fields: Fields) => T): readonly T[] {
    const value = this.#take(name) ?? [];
    if (!Array.isArray(value)) throw badSetting(this.at(name), "must be a list");
    return value.map((one, i) => new Fields(one, `${this.at(name)}[${i}]`).entirely(read));
  }
  /** A list of some of `values`, one at least. */
  listOf<T extends string>(name: string, values: readonly T[]): readonly T[] {
    const value = this.#take(name);
    if (!Array.isArray(value) || value.length === 0 || value.some((one) => !values.includes(one)))
      throw badSetting(this.at(name), `must be a list of ${values.join(", ")}`);
    return value;
  }
  /** A list of texts, one at least; undefined where it is not there. */
  textsIf(name: string, form: RegExp, says: string): readonly string[] | undefined {
    if (!this.has(name)) return undefined;
    const value = this.#take(name);
    const isText = (one: unknown) => typeof one === "string" && form.test(one);
    if (!Array.isArray(value) || value.length === 0 || !value.every(isText))
      throw badSetting(this.at(name), says);
    return value;
  }
  /** Reads all of it: a member that nobody asked for is a mistake, not an opinion. */
  entirely<T>(read: (fields: Fields) => T): T {
    const result = read(this);
    const extra = Object.keys(this.#value).find((name) => !this.#taken.has(name));
    if (extra !== undefined) throw badSetting(this.at(extra), "is not known");
    return result;
  }
}
