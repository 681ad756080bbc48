// The form of one setting: type, default, one sentence. Names follow the folders: `database.driver`, `database.postgres.url`.

export type SettingValue = string | number | boolean | null;

/** One row of the settings table. */
export interface Setting<Value extends SettingValue = SettingValue> {
  readonly fallback: Value;
  readonly sentence: string;
  readonly secret: boolean;
  /** Text from an argument, the environment or a file → value; throws a sentence's end that says what it must be. */
  readonly parse: (text: string) => Value;
}

/** Why a text is not a value of its setting. Caught by the reader, which adds the setting's name. */
export class BadSetting {
  readonly because: string;

  constructor(because: string) {
    this.because = because;
  }
}

/** Any text; `null` as default means that nothing is set. */
export const text = <const Fallback extends string | null>(
  fallback: Fallback,
  sentence: string,
): Setting<string | Fallback> => ({
  fallback,
  sentence,
  secret: false,
  parse: (value) => value,
});

/** A text that is never shown. */
export const secret = (sentence: string): Setting<string | null> => ({
  ...text(null, sentence),
  secret: true,
});

/** One of some words. */
export const oneOf = <const Words extends readonly string[]>(
  words: Words,
  fallback: Words[number],
  sentence: string,
): Setting<Words[number]> => ({
  fallback,
  sentence: `${sentence} One of: ${words.join(", ")}.`,
  secret: false,
  parse: (value) => {
    if (!words.includes(value)) throw new BadSetting(`must be one of ${words.join(", ")}`);
    return value;
  },
});

/** A whole number within bounds. */
export const integer = (
  min: number,
  max: number,
  fallback: number,
  sentence: string,
): Setting<number> => ({
  fallback,
  sentence,
  secret: false,
  parse: (value) => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < min || number > max)
      throw new BadSetting(`must be a whole number from ${min} to ${max}`);
    return number;
  },
});

/** `true` or `false`. */
export const flag = (fallback: boolean, sentence: string): Setting<boolean> => ({
  fallback,
  sentence,
  secret: false,
  parse: (value) => {
    if (value !== "true" && value !== "false") throw new BadSetting("must be true or false");
    return value === "true";
  },
});
