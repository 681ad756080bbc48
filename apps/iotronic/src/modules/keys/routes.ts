import { rest } from "@s4t/contract";
import { implement } from "../../edge/routes.ts";
import { type Action, type Actor, requireMay } from "../../policy/index.ts";
import type { KeyedProject, Keys } from "./keys.ts";

/** `findProject`: by id or name, where the actor reaches it. Throws `project.not-found`, `policy.denied`. */
export const keyRoutes = (
  keys: Keys,
  findProject: (actor: Actor, idOrName: string) => Promise<KeyedProject>,
) => {
  const find = async (actor: Actor, action: Action, idOrName: string): Promise<KeyedProject> => {
    const project = await findProject(actor, idOrName);
    requireMay(actor, action, project.uuid);
    return project;
  };
  return implement(rest.projectKeys, {
    show: async ({ actor, params }) => keys.show(await find(actor, "project.show", params.uuid)),
    seal: async ({ actor, params, body }) =>
      keys.seal(actor, await find(actor, "project.seal", params.uuid), body),
    rekey: async ({ actor, params, body }) =>
      keys.rekey(actor, await find(actor, "project.rekey", params.uuid), body),
  });
};
