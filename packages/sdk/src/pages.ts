// All rows of a list, however many pages they fill: the next page is asked for when its first row is wanted.

/**
 * Iterates over all rows of a list.
 *
 * @example
 * for await (const board of paginate(client.boards.list, { query: { status: "offline" } })) …
 */
export async function* paginate<Input extends { readonly query?: object | undefined }, Row>(
  list: (input: Input) => Promise<{ readonly items: readonly Row[]; readonly next: string | null }>,
  input: Input,
): AsyncGenerator<Row, void, undefined> {
  let after: string | undefined;
  do {
    const query = { ...input.query, ...(after === undefined ? {} : { after }) };
    const page = await list({ ...input, query } as Input);
    yield* page.items;
    after = page.next ?? undefined;
  } while (after !== undefined);
}
