// Walks over JSON text without making values of it: where a value ends, and whether it is one (RFC 8259). What a router forwards
// must be good for whoever reads it, yet a router need not know what it says. Whatever is unusual is not walked over but refused:
// the caller then parses the text as a whole, and that decides.

const forbiddenKeys = new Set(["__proto__", "constructor", "prototype"]);
const isForbidden = (text: string, from: number, to: number): boolean => {
  const length = to - from;
  return (length === 9 || length === 11) && forbiddenKeys.has(text.slice(from, to));
};

const isBlank = (c: number): boolean => c === 32 || c === 10 || c === 13 || c === 9;
/** Whether a character is a decimal digit. */
export const isDigit = (c: number): boolean => c >= 48 && c <= 57;

const skipBlanks = (text: string, from: number): number => {
  let at = from;
  while (isBlank(text.charCodeAt(at))) at += 1;
  return at;
};

const isHex = (c: number): boolean => isDigit(c) || ((c | 32) >= 97 && (c | 32) <= 102);

/** Length of the escape at `at`, which is a backslash; 0: there is none. */
const escapeLength = (text: string, at: number): number => {
  switch (text.charCodeAt(at + 1)) {
    case 34: // "
    case 92: // \
    case 47: // /
    case 98: // b
    case 102: // f
    case 110: // n
    case 114: // r
    case 116: // t
      return 2;
    case 117: // u
      for (let i = 2; i < 6; i += 1) if (!isHex(text.charCodeAt(at + i))) return 0;
      return 6;
    default:
      return 0;
  }
};

/** From this length on a text is looked through once for what strings must escape: strings are then walked over at once. */
const LOOKED_THROUGH_FROM = 512;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a JSON string may not hold as it is
const escapedOrControl = /[\\\u0000-\u001f]/;
/** A long word is found faster by the engine than by us. */
const LOOK_AHEAD = 24;

const skipPlainString = (text: string, from: number): number => {
  const soon = from + 1 + LOOK_AHEAD;
  for (let at = from + 1; at < soon; at += 1) if (text.charCodeAt(at) === 34) return at + 1;
  const end = text.indexOf('"', soon);
  return end === -1 ? -1 : end + 1;
};

/** Behind the string whose opening quote is at `from`; -1: it is none. */
const skipString = (text: string, from: number): number => {
  let at = from + 1;
  for (;;) {
    const c = text.charCodeAt(at);
    if (c === 34) return at + 1;
    if (c === 92) {
      const length = escapeLength(text, at);
      if (length === 0) return -1;
      at += length;
    } else if (c >= 32) at += 1;
    else return -1; // a control character, or the end
  }
};

/** Behind the key and its colon; -1: no key, or one that has to be looked at more closely. */
const skipKey = (text: string, from: number): number => {
  if (text.charCodeAt(from) !== 34) return -1;
  let at = from + 1;
  for (;;) {
    const c = text.charCodeAt(at);
    if (c === 34) break;
    if (c === 92 || !(c >= 32)) return -1;
    at += 1;
  }
  if (isForbidden(text, from + 1, at)) return -1;
  at = skipBlanks(text, at + 1);
  return text.charCodeAt(at) === 58 ? at + 1 : -1;
};

const skipDigits = (text: string, from: number): number => {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at === from ? -1 : at;
};

/** Behind a number, `true`, `false` or `null`; -1: none of them. */
const skipScalar = (text: string, from: number): number => {
  let at = from;
  let c = text.charCodeAt(at);
  if (c === 116) return text.startsWith("true", at) ? at + 4 : -1;
  if (c === 102) return text.startsWith("false", at) ? at + 5 : -1;
  if (c === 110) return text.startsWith("null", at) ? at + 4 : -1;
  if (c === 45) {
    at += 1;
    c = text.charCodeAt(at);
  }
  at = c === 48 ? at + 1 : skipDigits(text, at);
  if (at === -1) return -1;
  if (text.charCodeAt(at) === 46) {
    at = skipDigits(text, at + 1);
    if (at === -1) return -1;
  }
  if ((text.charCodeAt(at) | 32) === 101) {
    const sign = text.charCodeAt(at + 1);
    at = skipDigits(text, sign === 43 || sign === 45 ? at + 2 : at + 1);
  }
  return at;
};

const OBJECT = 1;
/** Which levels are objects; one buffer for all, since a walk never waits. */
const kinds = new Uint8Array(64);

/** Behind the value that begins at `from` (blanks before it are allowed); -1: not walked over. */
export const skipJson = (text: string, from: number, maxDepth: number): number => {
  const isPlain = text.length >= LOOKED_THROUGH_FROM && !escapedOrControl.test(text);
  let at = skipBlanks(text, from);
  let depth = 0;
  for (;;) {
    const c = text.charCodeAt(at);
    if (c === 34) at = isPlain ? skipPlainString(text, at) : skipString(text, at);
    else if (c === 123 || c === 91) {
      if (depth === maxDepth) return -1;
      at = skipBlanks(text, at + 1);
      if (text.charCodeAt(at) === c + 2)
        at += 1; // {} and []: the closing bracket is two characters on
      else {
        kinds[depth] = c === 123 ? OBJECT : 0;
        depth += 1;
        if (c === 123) {
          at = skipKey(text, at);
          if (at === -1) return -1;
          at = skipBlanks(text, at);
        }
        continue;
      }
    } else at = skipScalar(text, at);
    if (at === -1) return -1;
    // Behind a value: more of the same level, or its end.
    for (;;) {
      if (depth === 0) return at;
      at = skipBlanks(text, at);
      const next = text.charCodeAt(at);
      const isObject = kinds[depth - 1] === OBJECT;
      if (next === 44) {
        at = skipBlanks(text, at + 1);
        if (!isObject) break;
        at = skipKey(text, at);
        if (at === -1) return -1;
        at = skipBlanks(text, at);
        break;
      }
      if (next !== (isObject ? 125 : 93)) return -1;
      depth -= 1;
      at += 1;
    }
  }
};
