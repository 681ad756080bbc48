// Ids of WAMP: whole numbers from 1 to 2^53, exact in every serializer because a double holds them.

/** The greatest id (WAMP: IDs). */
export const MAX_ID = 2 ** 53;

/** Whether `value` is an id. */
export const isId = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_ID;

/** An id of the global scope, evenly drawn. `random` returns a number in [0, 1) with 53 bits. */
export const drawId = (random: () => number): number => Math.floor(random() * MAX_ID) + 1;
