// The cloud's API for this page, by way of the SDK. The browser's cookie signs; the project of the address goes along.
import { createClient } from "@s4t/sdk";

export const MUTATION_WAIT_S = 10;

let project: string | undefined;
const clients = new Map<string, ReturnType<typeof createClient>>();

/** Client for one project, or for what stands above projects. */
export const apiOf = (of: string | undefined): ReturnType<typeof createClient> => {
  const key = of ?? "";
  let client = clients.get(key);
  if (!client) {
    client = createClient({ url: location.origin, ...(of === undefined ? {} : { project: of }) });
    clients.set(key, client);
  }
  return client;
};

/** Client for the project that is open. */
export const api = (): ReturnType<typeof createClient> => apiOf(project);

export const openProject = (name: string | undefined): void => {
  project = name;
};
