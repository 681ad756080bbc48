// Durable writes of many clients, and lists over a large fleet.
import { figuresOf, type Print } from "./harness/figures.ts";
import { measureFleet } from "./store/fleet.ts";
import { measureWrites } from "./store/writes.ts";

export const run = async (print: Print): Promise<void> => {
  const figure = figuresOf("store", print);
  await measureWrites(figure);
  await measureFleet(figure);
};
