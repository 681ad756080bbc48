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

// What is plain (no blanks, no escapes) is most of what is sent: the engine's compiled expressions go over runs of it four times as
// fast as a loop of ours. They are bounded, so that what the engine keeps for going back is; and none of them fails after a long way,
// but stops where something else begins, from where it is walked on.
const plainText = '[^"\\\\\\u0000-\\u001f]*';
const withEscapes = (most: number): string =>
  `${plainText}(?:\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4})${plainText}){0,${most}}`;
const scalar = `(?:"${withEscapes(15)}"|-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)`;
const member = `"(?!(?:${[...forbiddenKeys].join("|")})")${plainText}":${scalar}`;
const flatObject = `\\{${member}(?:,${member}){0,63}\\}`;
const runs = {
  text: new RegExp(withEscapes(255), "y"),
  scalars: new RegExp(`${scalar}(?:,${scalar}){0,255}`, "y"),
  members: new RegExp(`${member}(?:,${member}){0,255}`, "y"),
  objects: new RegExp(`${flatObject}(?:,${flatObject}){0,255}`, "y"),
} as const;

/** Behind the run that begins at `at`; -1: there is none. */
const skipRun = (run: RegExp, text: string, at: number): number => {
  run.lastIndex = at;
  return run.test(text) ? run.lastIndex : -1;
};

/** Behind the string whose opening quote is at `from`; -1: it is none. */
const skipString = (text: string, from: number): number => {
  let at = from + 1;
  for (;;) {
    const behind = skipRun(runs.text, text, at);
    const c = text.charCodeAt(behind);
    if (c === 34) return behind + 1;
    // More escapes than a run takes; or none that is one, a control character, the end.
    if (c !== 92 || behind === at) return -1;
    at = behind;
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

const LIST = 0;
const OBJECT = 1;
/** What the levels are; one buffer for all, since a walk never waits. */
const kinds = new Uint8Array(64);

/** Behind a key and what follows it up to its value, or behind members that are plain; -1: neither. */
const walk = { at: 0, isBehindValue: false };
const skipToMember = (text: string, at: number): boolean => {
  const behind = skipRun(runs.members, text, at);
  walk.isBehindValue = behind !== -1;
  walk.at = behind === -1 ? skipKey(text, at) : behind;
  if (walk.at === -1) return false;
  if (behind === -1) walk.at = skipBlanks(text, walk.at);
  return true;
};

/** Behind the value that begins at `from` (blanks before it are allowed); -1: not walked over. */
export const skipJson = (text: string, from: number, maxDepth: number): number => {
  let at = skipBlanks(text, from);
  let depth = 0;
  let isList = false;
  let isFlat = false;
  for (;;) {
    const c = text.charCodeAt(at);
    if (c === 123 || c === 91) {
      if (depth === maxDepth) return -1;
      at = skipBlanks(text, at + 1);
      if (text.charCodeAt(at) === c + 2)
        at += 1; // {} and []: the closing bracket is two characters on
      else {
        isList = c === 91;
        kinds[depth] = isList ? LIST : OBJECT;
        depth += 1;
        if (isList) continue;
        if (!skipToMember(text, at)) return -1;
        at = walk.at;
        if (!walk.isBehindValue) continue;
        isFlat = true;
      }
    } else {
      const behind = isList ? skipRun(runs.scalars, text, at) : -1;
      if (behind !== -1) at = behind;
      else at = c === 34 ? skipString(text, at) : skipScalar(text, at);
      if (at === -1) return -1;
    }
    // Behind a value: more of the same level, or its end.
    for (;;) {
      if (depth === 0) return at;
      at = skipBlanks(text, at);
      const next = text.charCodeAt(at);
      if (next === 44) {
        at = skipBlanks(text, at + 1);
        if (isList) {
          // The one before was plain: so may be the next ones.
          const behind: number = isFlat ? skipRun(runs.objects, text, at) : -1;
          isFlat = behind !== -1;
          if (behind === -1) break;
          at = behind;
          continue;
        }
        isFlat = false;
        if (!skipToMember(text, at)) return -1;
        at = walk.at;
        if (walk.isBehindValue) continue;
        break;
      }
      if (next !== (isList ? 93 : 125)) return -1;
      depth -= 1;
      isList = depth > 0 && kinds[depth - 1] === LIST;
      at += 1;
    }
  }
};
