// Source text as the original keeps it: a Python pickle of protocol 0, which is text itself.

const escaped: Readonly<Record<string, string>> = {
  "\\": "\\u005c",
  "\n": "\\u000a",
  "\r": "\\u000d",
  "\0": "\\u0000",
  "\u001a": "\\u001a",
};

const escapeOf = (sign: string): string => {
  const known = escaped[sign];
  if (known !== undefined) return known;
  const point = sign.codePointAt(0) ?? 0;
  if (point < 0x80) return sign;
  const digits = point.toString(16);
  return point > 0xff_ff ? `\\U${digits.padStart(8, "0")}` : `\\u${digits.padStart(4, "0")}`;
};

/** Source → pickle: escapes what a line of it cannot hold, every sign beyond ASCII by its code point. */
export const pickleOf = (source: string): string =>
  `V${source.replace(/[\\\p{Cc}]|\P{ASCII}/gu, escapeOf)}\np0\n.`;

/** Pickle → source; undefined for a text that is none. No Python ends with a line of one dot, so that none is taken for one. */
export const unpickled = (text: string): string | undefined => {
  const match = /^V([^\n]*)\n(?:p\d+\n)?\.\n?$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  let isWhole = true;
  const source = match[1].replace(
    /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g,
    (_whole, short?: string, long?: string) => {
      const point = Number.parseInt(short ?? long ?? "", 16);
      if (point <= 0x10_ff_ff) return String.fromCodePoint(point);
      isWhole = false;
      return "";
    },
  );
  return isWhole ? source.toWellFormed() : undefined;
};

/** What a client sent as `code`: a pickle's source, or the text as it is. */
export const sourceOf = (code: string): string => unpickled(code) ?? code.toWellFormed();
