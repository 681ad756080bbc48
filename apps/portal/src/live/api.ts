// The cloud's API for this page, by way of the SDK. The browser's cookie signs; the project of the address goes along.
import { createClient } from "@s4t/sdk";

export const MUTATION_WAIT_S = 10;

let project: string | undefined;
const clients = new Map<string, ReturnType<typeof createClient>>();

/** Browsers send a stream over HTTP/2 only: bytes that go up are gathered first. */
const sendWhole = async (url: string, init: RequestInit): Promise<Response> =>
  fetch(
    url,
    init.body instanceof ReadableStream
      ? { ...init, body: await new Response(init.body).blob() }
      : init,
  );

/** Client for one project, or for what stands above projects. */
export const apiOf = (of: string | undefined): ReturnType<typeof createClient> => {
  const key = of ?? "";
  let client = clients.get(key);
  if (!client) {
    client = createClient({
      url: location.origin,
      fetch: sendWhole,
      ...(of === undefined ? {} : { project: of }),
    });
    clients.set(key, client);
  }
  return client;
};

/** Client for the project that is open. */
export const api = (): ReturnType<typeof createClient> => apiOf(project);

export const openProject = (name: string | undefined): void => {
  project = name;
};
