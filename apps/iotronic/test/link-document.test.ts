// The page for people who write another agent says what the code does: its frames, its reasons, its numbers.
import { readFileSync } from "node:fs";
import {
  type AnswerOf,
  boardPrefix,
  boardProcedures,
  check,
  cloudProcedures,
  cloudUri,
  codeOfWampError,
  HelloExtra,
  MAX_JOBS_PER_REPLY,
  MAX_REPORT_ROWS,
  type Procedure,
  ReportBatch,
  ReportRow,
  WelcomeExtra,
} from "@s4t/contract";
import { hashOf } from "@s4t/kit/node";
import { decodeHex, jsonCodec, MAX_FRAME_BYTES, type Message, wampErrors } from "@s4t/wamp";
import { PING_EVERY_MS, verifyEd25519 } from "@s4t/wamp/node";
import { describe, expect, it } from "vitest";
import {
  BACKLOG_TICKET_LIFE_S,
  BLOB_TICKET_LIFE_S,
  MAX_BLOB_TICKETS_PER_SESSION,
} from "../src/link/asked.ts";
import { HINT_RETRY_MS, MAX_CALLS_PER_BOARD, MAX_HINT_RETRY_MS } from "../src/link/session.ts";

const page = readFileSync(new URL("../../../docs/protocol/link.md", import.meta.url), "utf8");
const frames = [...page.matchAll(/^(board|cloud) (\[.*\])$/gm)].map(([, from = "", text = ""]) => {
  const message = jsonCodec.decode(text);
  if (message.kind === "unknown") throw new Error(text);
  return { from, text, message };
});
const all = <K extends Message["kind"]>(kind: K) =>
  frames.flatMap(({ message }) =>
    message.kind === kind ? [message as Extract<Message, { kind: K }>] : [],
  );
const calledOf: Readonly<Record<string, Procedure>> = Object.fromEntries([
  ...Object.values(cloudProcedures).map((each) => [cloudUri(each), each] as const),
  ...Object.values(boardProcedures)
    .flatMap((feature): Procedure[] => Object.values(feature))
    .map((each) => [each.name, each] as const),
]);

describe("the recorded session", () => {
  it("is what the cloud's own parser reads, word for word", () => {
    for (const { text, message } of frames) expect(jsonCodec.encode(message)).toBe(text);
    const kinds = new Set(frames.map(({ message }) => message.kind));
    expect([...kinds].sort()).toEqual(
      [
        ...["authenticate", "call", "challenge", "error", "goodbye", "hello", "invocation"],
        ...["register", "registered", "result", "welcome", "yield"],
      ].sort(),
    );
  });
  it("greets and is welcomed as the contract has it", () => {
    for (const { details } of all("hello")) check(HelloExtra, details.authextra);
    for (const { details } of all("welcome")) check(WelcomeExtra, details.authextra);
    const board = check(WelcomeExtra, all("welcome").at(-1)?.details.authextra).board;
    expect(all("register")).toMatchObject([
      { procedure: boardPrefix(board), options: { match: "prefix" } },
    ]);
  });
  it("is signed by the key that it shows", async () => {
    const { pubkey } = check(HelloExtra, all("hello").at(-1)?.details.authextra);
    const signed = decodeHex(all("authenticate").at(-1)?.signature, 96) as Uint8Array;
    const challenge = decodeHex(all("challenge").at(-1)?.extra.challenge, 32) as Uint8Array;
    expect(signed.subarray(64)).toEqual(challenge);
    const key = decodeHex(pubkey, 32) as Uint8Array;
    expect(await verifyEd25519(key, challenge, signed.subarray(0, 64))).toBe(true);
  });
  it("asks and answers as the contract has it, target hashes and rows included", () => {
    const asked = new Map<string, Procedure>();
    let checked = 0;
    for (const { from, message } of frames) {
      if (message.kind === "call" || message.kind === "invocation") {
        const uri =
          message.kind === "call"
            ? message.procedure
            : String(message.details.procedure).replace(/^s4t\.board\.[0-9a-f]{32}\./, "");
        const procedure = calledOf[uri] as Procedure;
        check(procedure.args, message.args?.[0]);
        asked.set(`${from} ${message.request}`, procedure);
      } else if (message.kind === "result" || message.kind === "yield") {
        const procedure = asked.get(`${from === "cloud" ? "board" : "cloud"} ${message.request}`);
        check((procedure as Procedure).reply, message.args?.[0]);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(8);
    for (const { args = [] } of all("result")) {
      const [answer] = args as Partial<AnswerOf<typeof cloudProcedures.targetGet>>[];
      for (const section of Object.values(answer?.target?.sections ?? {})) {
        if (section === null) continue;
        for (const { hash, value } of section.entries) expect(hash).toBe(hashOf(value));
        expect(section.hash).toBe(hashOf(section.entries.map(({ key, hash }) => [key, hash])));
      }
    }
    const batches = all("call").filter(({ procedure }) => procedure.endsWith("report.append"));
    const kinds = batches.flatMap(({ args }) =>
      check(ReportBatch, args?.[0]).rows.map((row) => check(ReportRow, row).kind),
    );
    expect(new Set(kinds)).toEqual(new Set(["info", "series", "entries", "points", "result"]));
  });
});

describe("the page", () => {
  it("names no reason that does not exist", () => {
    const known: ReadonlySet<string> = new Set(Object.values(wampErrors));
    const reasons = [...page.matchAll(/`((?:wamp|s4t)\.(?:error|close)\.[a-z_.]*[a-z_])`/g)];
    expect(reasons.length).toBeGreaterThan(10);
    for (const [, reason = ""] of reasons)
      expect([reason, known.has(reason) || codeOfWampError(reason) !== undefined]).toEqual([
        reason,
        true,
      ]);
  });
  it.each([
    ["frames", `at most ${MAX_FRAME_BYTES / 2 ** 20} MiB`],
    ["rows", `1 to ${MAX_REPORT_ROWS} rows`],
    ["jobs", `at most ${MAX_JOBS_PER_REPLY} at a time`],
    ["pings", `ping every ${PING_EVERY_MS / 1_000} s`],
    ["silence", `within ${(2 * PING_EVERY_MS) / 1_000} s`],
    ["calls", `at most ${MAX_CALLS_PER_BOARD} calls under way`],
    ["hints", `after ${HINT_RETRY_MS / 1_000} s, doubled up to ${MAX_HINT_RETRY_MS / 1_000} s`],
    ["tickets", `expiresInS: ${BACKLOG_TICKET_LIFE_S}`],
    ["tickets of bytes", `expiresInS: ${BLOB_TICKET_LIFE_S}`],
    ["tickets of bytes at once", `last ${MAX_BLOB_TICKETS_PER_SESSION} of a session`],
    ...ReportRow.anyOf.map(({ properties }) => {
      const kind = properties.kind.const;
      return [`rows of kind ${kind}`, `| \`${kind}\` |`];
    }),
    ...Object.keys(HelloExtra.properties).map((name) => [`the member ${name}`, `\`${name}\``]),
    ...Object.keys(WelcomeExtra.properties).map((name) => [`the member ${name}`, `\`${name}\``]),
  ])("has %s as the code has", (_, text) => {
    expect(page).toContain(text);
  });
});
