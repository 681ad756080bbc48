// Where this cloud is, in the catalogue of a Keystone: one service of the type `iot`, an endpoint of each interface in one region.
import { fail } from "@s4t/contract";
import { endpointsOf, serviceOf, servicesOf } from "./answers.ts";
import type { Question } from "./http.ts";
import type { AskAsService } from "./service.ts";

export interface CatalogueEntry {
  readonly region: string;
  /** Address of each interface. */
  readonly urls: Readonly<Record<"public" | "internal" | "admin", string>>;
}

const service = {
  ...{ type: "iot", name: "Iotronic", description: "Boards of the city", enabled: true },
};

/** Puts it there and answers what had to be changed. Throws `identity.unavailable`, also for an account that may not. */
export const registerIn = async (
  ask: AskAsService,
  { region, urls }: CatalogueEntry,
): Promise<readonly string[]> => {
  const changed: string[] = [];
  const asked = async (question: Question, wanted: number): Promise<unknown> => {
    const { status, body } = await ask(question);
    if (status === wanted) return body;
    const because = `${question.method} ${question.path}: status ${status}`;
    throw fail("identity.unavailable", {}, because);
  };
  const listed = async (): Promise<string[]> =>
    servicesOf(await asked({ method: "GET", path: "/services?type=iot" }, 200))
      .services.map(({ id }) => id)
      .sort();

  let [id] = await listed();
  if (id === undefined) {
    const made = serviceOf(
      await asked({ method: "POST", path: "/services", body: { service } }, 201),
    ).service.id;
    // Two clouds that start at once: one service stays, whichever both see first.
    [id = made] = await listed();
    if (id !== made) await asked({ method: "DELETE", path: `/services/${made}` }, 204);
    else changed.push("service");
  }
  const there = endpointsOf(
    await asked({ method: "GET", path: `/endpoints?service_id=${id}` }, 200),
  ).endpoints.filter(({ region_id }) => region_id === region);
  for (const [face, url] of Object.entries(urls)) {
    const [first, ...more] = there
      .filter((endpoint) => endpoint.interface === face)
      .sort((one, other) => (one.id < other.id ? -1 : 1));
    if (!first) {
      const endpoint = { service_id: id, interface: face, region_id: region, url };
      await asked({ method: "POST", path: "/endpoints", body: { endpoint } }, 201);
      changed.push(face);
    } else if (first.url !== url) {
      await asked(
        { method: "PATCH", path: `/endpoints/${first.id}`, body: { endpoint: { url } } },
        200,
      );
      changed.push(face);
    }
    for (const { id: surplus } of more) {
      await asked({ method: "DELETE", path: `/endpoints/${surplus}` }, 204);
      changed.push(`${face} twice`);
    }
  }
  return changed;
};
