// Looking boards up.
import { boardStates, fail, type ProjectId, type QueryOf, type rest } from "@s4t/contract";
import { pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { type Actor, everything, type Scope, within } from "../../policy/index.ts";
import { showBoard } from "./board.ts";
import type { Boards } from "./boards.ts";
import { type BoardsDependencies, getRow, shownWith } from "./change.ts";
import { type BoardSort, listBoards } from "./list-store.ts";
import { type BoardRow, countBoards, countByStatus } from "./store.ts";

const parseStates = (text: string | undefined): string[] | undefined => {
  if (text === undefined) return undefined;
  const states = text.split(",");
  const wrong = states.find((state) => !(boardStates as readonly string[]).includes(state));
  if (wrong !== undefined)
    throw fail("request.invalid", {
      where: "query/status",
      because: `${wrong} is not a state of a board`,
    });
  return states;
};

const parseLabel = (text: string | undefined) => {
  if (text === undefined) return undefined;
  const [name = "", value] = text.split(/=(.*)/s);
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name))
    throw fail("request.invalid", { where: "query/label", because: "must be name or name=value" });
  return { name, value };
};

/** `-seen` → by when it was last seen, latest first; and where the page before ended. */
const orderOf = ({ sort: text = "name", after }: QueryOf<typeof rest.boards.list>) => {
  const descending = text.startsWith("-");
  const sort = (descending ? text.slice(1) : text) as BoardSort;
  const kinds: ["string" | "number", "string"] = [sort === "name" ? "string" : "number", "string"];
  return { sort, descending, after: after === undefined ? undefined : parseCursor(after, kinds) };
};
const keyOf = (sort: BoardSort, row: BoardRow): string | number =>
  sort === "name" ? row.name : sort === "seen" ? (row.last_seen_at ?? 0) : row.created_at;

/** Makes the verbs. */
export const createListing = ({
  database,
  link,
}: BoardsDependencies): Pick<Boards, "list" | "counts" | "countIn" | "row" | "get"> => {
  const row = (scope: Scope, idOrName: string): Promise<BoardRow> =>
    database.read(scope, (reader) => getRow(scope, reader, idOrName));
  const show = (actor: Actor, found: BoardRow) => showBoard(actor, found, shownWith(link));
  return {
    row,
    get: async (actor, scope, idOrName) => show(actor, await row(scope, idOrName)),
    async list(actor, scope, query) {
      const order = orderOf(query);
      const filter = {
        states: parseStates(query.status),
        text: query.text,
        label: parseLabel(query.label),
        ...order,
      };
      const rows = await database.read(scope, (reader) =>
        listBoards(scope, reader, filter, pageSizeOf(query) + 1),
      );
      return pageOf(
        rows,
        query,
        (each) => [keyOf(order.sort, each), each.uuid],
        (each) => show(actor, each),
      );
    },
    async counts(scope) {
      const counts = await database.read(scope, (reader) => countByStatus(scope, reader));
      return {
        total: [...counts.values()].reduce((sum, count) => sum + count, 0),
        byStatus: Object.fromEntries(counts),
      };
    },
    countIn: (project: ProjectId) =>
      database.read(everything, (reader) => countBoards(within(project), reader, project)),
  };
};
