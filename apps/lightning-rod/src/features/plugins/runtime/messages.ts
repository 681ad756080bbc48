// What a host program says, one JSON object a line. It is the plugin's own process that says it: everything is looked at.
import { MAX_PLUGIN_LINE_LENGTH, MAX_PLUGIN_RESULT_BYTES } from "@s4t/contract";
import { isRecord } from "./record.ts";

/** Longest line: the largest result, and the words around it. */
export const MAX_MESSAGE_BYTES = MAX_PLUGIN_RESULT_BYTES + 65_536;
const NEWLINE = 10;
/** Longest name of a series and longest unit that are handed on. */
const MAX_NAME_LENGTH = 200;

export type HostMessage =
  | { readonly t: "ready" }
  | { readonly t: "loaded" }
  | { readonly t: "load-failed"; readonly because: string; readonly trace: string }
  | {
      readonly t: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly text: string;
    }
  | { readonly t: "emit"; readonly series: string; readonly value: number; readonly unit: string }
  | { readonly t: "result"; readonly id: number; readonly result: unknown }
  | { readonly t: "failed"; readonly id: number; readonly because: string; readonly trace: string }
  | { readonly t: "invalid"; readonly id: number; readonly because: string }
  | { readonly t: "too-large"; readonly id: number; readonly bytes: number };

const levels = ["debug", "info", "warn", "error"] as const;
const text = (value: unknown, length = MAX_PLUGIN_LINE_LENGTH): string =>
  String(value ?? "").slice(0, length);
/** Longest traceback that is handed on. */
const MAX_TRACE_LENGTH = 8_192;

/** A message, or undefined for what is none. */
export const parseMessage = (line: string): HostMessage | undefined => {
  let said: unknown;
  try {
    said = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(said)) return undefined;
  const { t, id } = said;
  const trouble = { because: text(said.because), trace: text(said.trace, MAX_TRACE_LENGTH) };
  if (t === "ready" || t === "loaded") return { t };
  if (t === "load-failed") return { t, ...trouble };
  if (t === "log") {
    const level = levels.find((each) => each === said.level);
    return level && { t, level, text: text(said.text) };
  }
  if (t === "emit") {
    const { series, value, unit } = said;
    if (typeof series !== "string" || typeof value !== "number" || typeof unit !== "string")
      return undefined;
    return { t, series: text(series, MAX_NAME_LENGTH), value, unit: text(unit, MAX_NAME_LENGTH) };
  }
  if (typeof id !== "number") return undefined;
  if (t === "result") return { t, id, result: said.result ?? null };
  if (t === "failed") return { t, id, ...trouble };
  if (t === "invalid") return { t, id, because: trouble.because };
  if (t === "too-large") return { t, id, bytes: Number(said.bytes) || 0 };
  return undefined;
};

/** Cuts bytes into messages; `onBreach` for what is none or too long, once. */
export const createMessages = (
  onMessage: (message: HostMessage) => void,
  onBreach: (because: string) => void,
): ((bytes: Buffer) => void) => {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let isBroken = false;
  const breach = (because: string): void => {
    isBroken = true;
    begun = [];
    onBreach(because);
  };
  return (bytes) => {
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0 && !isBroken; at = bytes.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...begun, bytes.subarray(from, at)]);
      begun = [];
      begunBytes = 0;
      from = at + 1;
      const message = line.length > MAX_MESSAGE_BYTES ? undefined : parseMessage(line.toString());
      if (message) onMessage(message);
      else breach("it wrote what is no message into the agent's descriptor");
    }
    if (isBroken || from === bytes.length) return;
    begun.push(bytes.subarray(from));
    begunBytes += bytes.length - from;
    if (begunBytes > MAX_MESSAGE_BYTES) breach("it wrote a message that does not end");
  };
};
