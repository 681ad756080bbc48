// The host program of Node plugins: speaks JSON lines with the agent (3 in, 4 out), loads the plugin when it is told to, and runs
// its one function. Plain JavaScript for every Node from 20 on; nothing is imported that an idle plugin does not use.
// CommonJS: as a module it would start about 10 ms later.
const {
  closeSync,
  constants,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} = require("node:fs");
const { Socket } = require("node:net");
const { getPriority, setPriority } = require("node:os");
const { pathToFileURL } = require("node:url");

const [maxResultBytes, maxStateBytes, maxTextLength, maxTraceLength, nice] = process.argv
  .slice(2)
  .map(Number);
// Before any code of the plugin, which inherits it and cannot take it back.
setPriority(Math.min(19, getPriority() + nice));

const sendText = (text) => {
  const bytes = Buffer.from(`${text}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(4, bytes, at);
};
const send = (message) => sendText(JSON.stringify(message));

const format = (parts) =>
  parts
    .map((part) => {
      if (typeof part === "string") return part;
      if (part instanceof Error) return part.stack ?? String(part);
      try {
        return JSON.stringify(part) ?? String(part);
      } catch {
        return String(part);
      }
    })
    .join(" ")
    .slice(0, maxTextLength);
const logAt =
  (level) =>
  (...parts) =>
    send({ t: "log", level, text: format(parts) });
const log = {
  debug: logAt("debug"),
  info: logAt("info"),
  warn: logAt("warn"),
  error: logAt("error"),
};

const emit = (series, value, unit = "1") => {
  if (typeof series !== "string" || typeof unit !== "string")
    throw new TypeError("emit(series, value, unit) takes a name, a number and a unit");
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new TypeError(`emit: ${series} is not a finite number`);
  send({ t: "emit", series, value, unit });
};

/** A JSON document in one file, replaced as a whole. */
const openState = (file) => {
  let document = {};
  try {
    document = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code !== "ENOENT") log.warn(`The state could not be read: ${error.message}`);
  }
  const change = (next) => {
    const text = JSON.stringify(next);
    if (Buffer.byteLength(text) > maxStateBytes)
      throw new RangeError(`The state has more than ${maxStateBytes} bytes`);
    // Durable by how it is opened: Node's permission model has no fsync.
    const { O_CREAT, O_TRUNC, O_WRONLY, O_DSYNC } = constants;
    const handle = openSync(`${file}.new`, O_CREAT | O_TRUNC | O_WRONLY | O_DSYNC, 0o600);
    try {
      try {
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
      } finally {
        closeSync(handle);
      }
      renameSync(`${file}.new`, file);
    } catch (error) {
      unlinkSync(`${file}.new`); // a full disk has room for others again
      throw error;
    }
    document = JSON.parse(text);
  };
  return {
    get: (key) => (Object.hasOwn(document, key) ? structuredClone(document[key]) : undefined),
    set: (key, value) => change({ ...document, [key]: value }),
    delete(key) {
      const { [key]: _, ...rest } = document;
      change(rest);
    },
    keys: () => Object.keys(document),
  };
};

let main;
let context;
const load = async ({ folder, entry, stateFile, board }) => {
  context = { log, emit, state: openState(stateFile), board: Object.freeze(board) };
  const loaded = await import(pathToFileURL(`${folder}/${entry}`).href);
  main = loaded.default;
  // What a compiler made of an ES module, as CommonJS.
  if (typeof main !== "function" && typeof main?.default === "function") main = main.default;
  if (typeof main !== "function")
    throw new TypeError(`${entry} has no function as its default export`);
};

const failureOf = (error) => ({
  because: (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(
    0,
    maxTextLength,
  ),
  trace: String(error?.stack ?? error).slice(0, maxTraceLength),
});

/** What JSON has no word for becomes null without a sound; members that are undefined are left out, as everywhere in JavaScript. */
const refuseLost = (result) =>
  JSON.stringify(result, function (_, value) {
    const kind = typeof value;
    const isLost =
      kind === "number"
        ? !Number.isFinite(value)
        : Array.isArray(this) && (kind === "undefined" || kind === "function" || kind === "symbol");
    if (isLost) throw new TypeError(`${kind === "function" ? kind : String(value)} is no JSON`);
    return value;
  });

const sendResult = (id, result) => {
  let text;
  try {
    text = JSON.stringify(result === undefined ? null : result);
  } catch (error) {
    return send({ t: "invalid", id, because: error.message.split("\n")[0] });
  }
  if (text === undefined) return send({ t: "invalid", id, because: `it is a ${typeof result}` });
  const bytes = Buffer.byteLength(text);
  if (bytes > maxResultBytes) return send({ t: "too-large", id, bytes });
  try {
    // A second pass only where something may have been lost.
    if (result !== undefined && text.includes("null")) refuseLost(result);
  } catch (error) {
    return send({ t: "invalid", id, because: error.message });
  }
  sendText(`{"t":"result","id":${id},"result":${text}}`);
};

const running = new Map();
const call = async ({ id, params }) => {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    sendResult(id, await main(params, { ...context, signal: controller.signal }));
  } catch (error) {
    send({ t: "failed", id, ...failureOf(error) });
  } finally {
    running.delete(id);
  }
};

const handle = (message) => {
  if (message.t === "call") void call(message);
  else if (message.t === "cancel") running.get(message.id)?.abort();
  else if (message.t === "load")
    load(message).then(
      () => send({ t: "loaded" }),
      (error) => send({ t: "load-failed", ...failureOf(error) }),
    );
};

let rest = "";
const input = new Socket({ fd: 3, readable: true, writable: false });
input.setEncoding("utf8");
input.on("data", (text) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop();
  for (const line of lines) handle(JSON.parse(line));
});
// The agent is gone: so is its plugin.
input.on("close", () => process.exit(0));
input.on("error", () => process.exit(0));
send({ t: "ready" });
