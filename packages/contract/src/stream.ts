// What may be opened through a tunnel to a board, and how a tunnel's ticket travels. The tunnel itself knows none of this.
import type { Static } from "typebox";
import * as Type from "typebox";

/** Where tunnels are dialled to: boards and clients alike, each with a ticket for one use. */
export const TUNNEL_PATH = "/tunnel";
/** How long a ticket waits to be used: a round trip and a slow handshake. */
export const TUNNEL_TICKET_LIFE_S = 30;

const strict = { additionalProperties: false } as const;
/** A host name or address as a board would look it up. */
export const HostName = Type.String({
  minLength: 1,
  maxLength: 253,
  pattern: "^[A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?$|^::1?$",
});
export const PortNumber = Type.Integer({ minimum: 1, maximum: 65_535 });

/** On a sealed project: the owner's word for one stream, an Ed25519 signature of {@link signedGrantText}. */
export const StreamGrant = Type.Object(
  {
    challenge: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    signature: Type.String({ pattern: "^[0-9a-f]{128}$" }),
  },
  strict,
);
export type StreamGrant = Static<typeof StreamGrant>;

/** Kinds that need a grant on a sealed project, by what a challenge is for. */
export const grantOf = (kind: string): "shell" | "files" | undefined =>
  kind === "shell" ? "shell" : kind.startsWith("files-") ? "files" : undefined;

/** All that a grant is good for. */
export interface Granted {
  /** Public key of the board, hex: as whoever grants remembers it, whatever the cloud says. */
  readonly board: string;
  /** The stream's own kind, such as `files-get`. */
  readonly kind: string;
  /** SHA-256 of the canonical JSON (RFC 8785) of the stream's arguments without the grant, hex. */
  readonly argsSha256: string;
  /** What the board made up for this one stream. */
  readonly challenge: string;
}

/** What the owner signs, as UTF-8. */
export const signedGrantText = ({ board, kind, argsSha256, challenge }: Granted): string =>
  `s4t stream grant 1\n${board}\n${kind}\n${argsSha256}\n${challenge}`;

const grant = { grant: Type.Optional(StreamGrant) };

/** `args` of an OPEN by kind. */
export const streamKinds = {
  /** Bytes to and from a TCP port that the board reaches. */
  tcp: Type.Object({ host: HostName, port: PortNumber }, strict),
  /** A terminal: bytes both ways; messages {@link ShellMessage}. */
  shell: Type.Object(
    {
      cols: Type.Integer({ minimum: 1, maximum: 1_000 }),
      rows: Type.Integer({ minimum: 1, maximum: 1_000 }),
      term: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9._+-]{1,64}$" })),
      ...grant,
    },
    strict,
  ),
  /** Lists a folder: one message {@link FileMessage} an entry, then the end. */
  "files-list": Type.Object({ path: Type.String({ maxLength: 4_096 }), ...grant }, strict),
  /** Reads a file from an offset: a message with its size, its bytes, a message with their hash, the end. */
  "files-get": Type.Object(
    {
      path: Type.String({ maxLength: 4_096 }),
      offset: Type.Optional(Type.Integer({ minimum: 0 })),
      ...grant,
    },
    strict,
  ),
  /** Writes a file: bytes and the end; it appears whole, under its name, with the message that says its hash. */
  "files-put": Type.Object(
    {
      path: Type.String({ maxLength: 4_096 }),
      bytes: Type.Integer({ minimum: 0 }),
      mode: Type.Optional(Type.Integer({ minimum: 0, maximum: 0o777 })),
      /** Of the bytes: others are not stored. With a grant, it is how the owner vouches for them. */
      sha256: Type.Optional(Type.String({ pattern: "^[0-9a-f]{64}$" })),
      ...grant,
    },
    strict,
  ),
} as const;
export type StreamKind = keyof typeof streamKinds;
export type StreamArgs<Kind extends StreamKind> = Static<(typeof streamKinds)[Kind]>;

/** Messages of a shell: the client tells its window, the board how the shell ended. */
export const ShellMessage = Type.Union([
  Type.Object({
    kind: Type.Literal("window"),
    cols: Type.Integer({ minimum: 1, maximum: 1_000 }),
    rows: Type.Integer({ minimum: 1, maximum: 1_000 }),
  }),
  Type.Object({
    kind: Type.Literal("exit"),
    code: Type.Union([Type.Integer(), Type.Null()]),
    signal: Type.Union([Type.String({ maxLength: 16 }), Type.Null()]),
  }),
]);
export type ShellMessage = Static<typeof ShellMessage>;

/** Messages of the board about files. */
export const FileMessage = Type.Union([
  Type.Object({
    kind: Type.Literal("entry"),
    name: Type.String({ maxLength: 1_024 }),
    type: Type.Enum(["file", "folder", "link", "other"]),
    bytes: Type.Integer({ minimum: 0 }),
    mode: Type.Integer({ minimum: 0 }),
    modifiedMs: Type.Number(),
  }),
  Type.Object({ kind: Type.Literal("size"), bytes: Type.Integer({ minimum: 0 }) }),
  /** Of the bytes that were sent, from the offset on. */
  Type.Object({
    kind: Type.Literal("sent"),
    bytes: Type.Integer({ minimum: 0 }),
    sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  }),
  /** In place of the rest, where it went wrong after the stream was accepted. */
  Type.Object({
    kind: Type.Literal("failed"),
    code: Type.String({ maxLength: 64 }),
    sentence: Type.String({ maxLength: 1_024 }),
  }),
  Type.Object({
    kind: Type.Literal("stored"),
    bytes: Type.Integer({ minimum: 0 }),
    sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  }),
]);
export type FileMessage = Static<typeof FileMessage>;
