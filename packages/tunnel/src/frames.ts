// The wire of a tunnel: each binary message of the WebSocket is one frame, a type, the id of a stream, a payload.
//
//   offset  0      1           5
//           type   stream id   payload…          numbers are big-endian
//
//   type          payload                          who sends, when
//   1 OPEN        u32 credit, JSON {kind, args}    either end; the dialling end's ids are odd, the accepting end's even
//   2 ACCEPT      u32 credit                       answers OPEN: bytes may flow both ways
//   3 REFUSE      JSON {code, sentence}            answers OPEN: the id is free again
//   4 DATA        bytes                            at most as many as the reader has given credit for
//   5 CREDIT      u32 bytes                        the reader has consumed so many more
//   6 END         -                                nothing more comes this way; the other way stays open
//   7 RESET       u8 reason                        both ways are over, whatever was under way
//   8 MESSAGE     JSON                             a small word beside the bytes, in order with them; its length counts as bytes
//   9 PING        u32 number (stream id 0)         the other end answers at once
//  10 PONG        u32 number (stream id 0)
//  11 DRAIN       - (stream id 0)                  opens no more streams here; those that are open go on
//
// A frame of a type that is not known is ignored, and so is one for a stream that has just ended here: it was under way. Everything
// else that is wrong (a stream that never was, or is not accepted yet; more than the credit; anything after END; an id used twice or
// of the wrong parity; JSON or numbers that are none; a frame beyond its limit) ends the tunnel with `protocol`.

/** The subprotocol of the WebSocket; the number is the version of the wire. */
export const TUNNEL_SUBPROTOCOL = "s4t.tunnel.1";
/** A ticket travels as a second subprotocol with this before it: browsers cannot send headers. */
export const TICKET_PREFIX = "s4t.ticket.";
/** … and what proves whose ticket it is, where that is asked for, as a third. */
export const PROOF_PREFIX = "s4t.proof.";

export const frameTypes = {
  open: 1,
  accept: 2,
  refuse: 3,
  data: 4,
  credit: 5,
  end: 6,
  reset: 7,
  message: 8,
  ping: 9,
  pong: 10,
  drain: 11,
} as const;
export type FrameType = (typeof frameTypes)[keyof typeof frameTypes];

/** Bytes before the payload. */
export const FRAME_HEAD_BYTES = 5;
/** Largest payload of DATA that is sent: long enough to be cheap, short enough that other streams get their turn. */
export const MAX_DATA_BYTES = 65_536;
/** Largest payload of any frame that is read. */
export const MAX_PAYLOAD_BYTES = 131_072;
/** Largest JSON of OPEN, REFUSE and MESSAGE. */
export const MAX_JSON_BYTES = 4_096;

/** Why a stream or a tunnel is over, in the order of their numbers on the wire. */
export const endReasons = [
  "unknown",
  "ended",
  "cancelled",
  "refused",
  "not-allowed",
  "unreachable",
  "timed-out",
  "idle",
  "drained",
  "protocol",
  "too-slow",
  "lost",
] as const;
export type EndReason = (typeof endReasons)[number];

/** Number of a reason on the wire. */
export const numberOfReason = (reason: EndReason): number => endReasons.indexOf(reason);
/** A number of the wire → reason; one that this version does not know is `unknown`. */
export const reasonOf = (number: number): EndReason => endReasons[number] ?? "unknown";
