import { expect, it } from "vitest";
import { createManualClock } from "../../../../packages/kit/test/clock.ts";
import { createTickets } from "./tickets.ts";

const lifeMs = 1_000;

it("are good once, and so long", () => {
  const clock = createManualClock();
  const tickets = createTickets<string, number>(clock, { lifeMs, perHolder: 2, once: true });
  const first = tickets.issue("a", 1);
  expect([tickets.redeem(first), tickets.redeem(first)]).toEqual([1, undefined]);
  const late = tickets.issue("a", 2);
  clock.advance(lifeMs);
  expect(tickets.redeem(late)).toBeUndefined();
  expect(tickets.redeem("made up")).toBeUndefined();
});

it("are good again and again where that is said, until they are too old", () => {
  const clock = createManualClock();
  const tickets = createTickets<string, number>(clock, { lifeMs, perHolder: 2, once: false });
  const ticket = tickets.issue("a", 1);
  clock.advance(lifeMs - 1);
  expect([tickets.redeem(ticket), tickets.redeem(ticket)]).toEqual([1, 1]);
  clock.advance(1);
  expect(tickets.redeem(ticket)).toBeUndefined();
});

it("end with their holder, and a further one voids only the holder's own oldest", () => {
  const clock = createManualClock();
  const tickets = createTickets<string, number>(clock, { lifeMs, perHolder: 2, once: false });
  const other = tickets.issue("b", 0);
  const mine = [1, 2, 3].map((value) => tickets.issue("a", value));
  expect(mine.map(tickets.redeem)).toEqual([undefined, 2, 3]);
  tickets.forget("a");
  expect([...mine, other].map(tickets.redeem)).toEqual([undefined, undefined, undefined, 0]);
});
