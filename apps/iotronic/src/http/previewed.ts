// What a request would do: asked of the route, or done and undone.
import { type Endpoint, errorRow, PREVIEW_NAMES, type Preview } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import type { Company } from "../edge/company.ts";
import type { AuditInput } from "../edge/facts.ts";
import type { Call, Route } from "../edge/routes.ts";

/** Refusals that say how things are, not that nothing could be done by this request at all. */
const refusals: ReadonlySet<number> = new Set([409, 412]);

const effectsOf = (notes: readonly AuditInput[]): Preview["effects"] =>
  [
    ...Map.groupBy(notes, ({ action, resource }) =>
      JSON.stringify([resource?.noun ?? "", action]),
    ).values(),
  ].map((group) => ({
    noun: group[0]?.resource?.noun ?? "",
    action: group[0]?.action ?? "",
    count: group.length,
    first: group
      .slice(0, PREVIEW_NAMES)
      .map(({ resource }) => resource?.name ?? resource?.uuid ?? ""),
  }));

/** Makes it. */
export const previewOf = async (
  { handle, preview }: Route,
  call: Call<Endpoint>,
  { tried }: Pick<Company, "tried">,
): Promise<Preview> => {
  if (preview) return preview(call);
  try {
    const { notes } = await tried(() => handle(call));
    return { effects: effectsOf(notes), refusals: [] };
  } catch (error) {
    if (!isS4tError(error) || !refusals.has(errorRow(error.code).status)) throw error;
    const { code, message } = error;
    return { effects: [], refusals: [{ code, sentence: message, count: 1, first: [] }] };
  }
};
