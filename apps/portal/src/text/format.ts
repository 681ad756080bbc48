// Numbers, units and times as this reader writes them. Ages are relative on the label, absolute with zone on hover.
import { currentLanguage, text } from "./text.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const cache = new Map<string, Intl.DateTimeFormat>();
const dateFormat = (name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
  const key = `${currentLanguage()} ${name}`;
  let format = cache.get(key);
  if (!format) {
    const locale = currentLanguage() === "en" ? "en-GB" : currentLanguage();
    format = new Intl.DateTimeFormat(locale, options);
    cache.set(key, format);
  }
  return format;
};

/** RFC 3339 → ms; `null` stays. */
export const toMs = (time: string | null): number | null =>
  time === null ? null : Date.parse(time);

/** A span of time in at most two units: `24 min`, `2 h 14 min`, `3 d 4 h`. */
export const formatSpan = (ms: number): string => {
  const n = Math.max(0, ms);
  if (n < MINUTE_MS) return text("unit.s", { n: Math.floor(n / 1_000) });
  if (n < HOUR_MS) return text("unit.min", { n: Math.floor(n / MINUTE_MS) });
  const pair = (big: string, rest: string | null) => (rest === null ? big : `${big} ${rest}`);
  if (n < DAY_MS) {
    const minutes = Math.floor((n % HOUR_MS) / MINUTE_MS);
    return pair(
      text("unit.h", { n: Math.floor(n / HOUR_MS) }),
      minutes > 0 ? text("unit.min", { n: minutes }) : null,
    );
  }
  const days = Math.floor(n / DAY_MS);
  const hours = Math.floor((n % DAY_MS) / HOUR_MS);
  return pair(
    text("unit.d", { n: days }),
    days < 7 && hours > 0 ? text("unit.h", { n: hours }) : null,
  );
};

/** How long ago, or `now` within a few seconds. */
export const formatAge = (ageMs: number): string =>
  ageMs < 5_000 ? text("age.now") : text("age.ago", { span: formatSpan(ageMs) });

/** Clock time today, else with the day. */
export const formatClock = (ms: number, now: number, seconds = false): string => {
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const same = new Date(ms).toDateString() === new Date(now).toDateString();
  if (same)
    return seconds
      ? dateFormat("clock-s", { ...time, second: "2-digit" }).format(ms)
      : dateFormat("clock", time).format(ms);
  return dateFormat("day-clock", { day: "numeric", month: "short", ...time }).format(ms);
};

/** A day, with the year where it is not this one. */
export const formatDay = (ms: number, now: number): string =>
  new Date(ms).getFullYear() === new Date(now).getFullYear()
    ? dateFormat("day", { day: "numeric", month: "short" }).format(ms)
    : dateFormat("day-year", { day: "numeric", month: "short", year: "numeric" }).format(ms);

/** The whole truth about a moment: for titles. */
export const formatMoment = (ms: number): string =>
  dateFormat("moment", { dateStyle: "full", timeStyle: "long" }).format(ms);

export const formatNumber = (value: number, digits = 0): string =>
  new Intl.NumberFormat(currentLanguage(), {
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  }).format(value);

/** As many digits as a person reads off an instrument. */
const significant = (value: number): string => {
  const size = Math.abs(value);
  return formatNumber(value, size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2);
};

/** A share of a whole, shown in percent. (UCUM has no code of its own for it.) */
export const RATIO = "ratio";

const binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
/** Bytes with a binary prefix, number and unit apart. */
const scaleBytes = (value: number): readonly [number, string] => {
  let scaled = value;
  let step = 0;
  while (Math.abs(scaled) >= 1_024 && step < binary.length - 1) {
    scaled /= 1_024;
    step += 1;
  }
  return [scaled, binary[step] ?? "B"];
};

/** UCUM codes that are written otherwise by people. */
const written: Readonly<Record<string, string>> = {
  Cel: "°C",
  "ug/m3": "µg/m³",
  "dB[SPL]": "dB",
  "1": "",
  "{#}": "",
  "1/min": "/min",
};

/** Factor between what is stored and what is shown, and its unit: one for all points of a plot. */
export const scaleOf = (unit: string, largest: number): { factor: number; unit: string } => {
  if (unit === "By" || unit === "By/s") {
    const [scaled, prefix] = scaleBytes(largest);
    const factor = scaled === 0 || largest === 0 ? 1 : scaled / largest;
    return { factor, unit: unit === "By" ? prefix : `${prefix}/s` };
  }
  if (unit === RATIO) return { factor: 100, unit: "%" };
  return { factor: 1, unit: written[unit] ?? unit };
};

/** A measured value as number and unit. */
export const formatValue = (value: number, unit: string): readonly [string, string] => {
  if (unit === "s") return [formatSpan(value * 1_000), ""];
  const { factor, unit: shown } = scaleOf(unit, value);
  return [significant(value * factor), shown];
};

export const formatBytes = (value: number): string => formatValue(value, "By").join(" ");
export const formatCoordinates = (latitude: number, longitude: number): string =>
  `${Math.abs(latitude).toFixed(4)} ${latitude < 0 ? "S" : "N"}  ${Math.abs(longitude).toFixed(4)} ${longitude < 0 ? "W" : "E"}`;
