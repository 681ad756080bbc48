import { drawRandom } from "@s4t/kit/node";
import { V7Generator } from "uuidv7";

const generator = new V7Generator({ nextUint32: () => drawRandom(4).readUInt32LE() });

/** A new id: UUIDv7 (RFC 9562), so that ids of later things sort later. */
export const newId = <Id extends string = string>(): Id => generator.generate().toString() as Id;

/** What every id sorts before, or after, that was made before this moment, or later: they begin with it. */
export const firstIdOf = (atMs: number): string => {
  const hex = Math.max(0, atMs).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
};
