// Who this agent is: from an enrolment that is used up now, or from the one before.
import { type EnrolmentString, fail, parseEnrolment } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import type { AgentDependencies, AgentOptions } from "./compose.ts";
import {
  adopt,
  type BoardIdentity,
  type BoardKey,
  openKey,
  openNextKey,
  readIdentity,
  writeIdentity,
} from "./identity.ts";
import { fetchAuthority } from "./link/authority.ts";
import { enrol } from "./link/connect.ts";
import { forgetProjectKey } from "./link/project-key.ts";

/** What every agent can do, as it says at each join; what depends on its machine is added there. */
export const features: readonly string[] = ["board", "sensors", "link"];

/** An identity and the key that proves it. */
export interface Identified {
  readonly identity: BoardIdentity;
  readonly key: BoardKey;
}

type Needs = Pick<AgentDependencies, "storage" | "clock" | "log" | "random" | "connect">;

const useUp = async (
  { url, ca: pin, code }: EnrolmentString,
  simulated: boolean,
  { storage, clock, log, random, connect }: Needs,
  signal: AbortSignal,
): Promise<Identified> => {
  const isSecure = pin !== null && url.startsWith("https:");
  const ca = isSecure ? await fetchAuthority(url, pin) : null;
  const key = openNextKey(storage);
  const identity = await enrol(
    { url, ca: pin, code },
    ca,
    { key, features, simulated },
    { clock, log, random, connect },
    signal,
  );
  // Before the identity: a power cut between them leaves a board that pins anew from the cloud that it belongs to.
  forgetProjectKey(storage);
  adopt(storage, identity);
  log.info("Enrolled", { board: identity.board, name: identity.name, url: identity.url });
  return { identity, key };
};

/**
 * Who this agent is. Uses the enrolment up where one is given. Throws `agent.not-enrolled`, `agent.wrong-cloud`, and what the
 * cloud says of the code.
 */
export const identify = async (
  options: Pick<AgentOptions, "enrolment" | "url" | "simulated">,
  deps: Needs,
  signal: AbortSignal,
): Promise<Identified> => {
  const { storage } = deps;
  const stored = readIdentity(storage);
  const known = stored && { ...stored, url: options.url ?? stored.url };
  if (known && known.url !== stored.url) writeIdentity(storage, known);
  const present = () => known && { identity: known, key: openKey(storage) };
  if (options.enrolment === null) {
    const identified = present();
    if (!identified) throw fail("agent.not-enrolled");
    return identified;
  }
  const given = parseEnrolment(options.enrolment);
  try {
    const enrolment = { ...given, url: options.url ?? given.url };
    return await useUp(enrolment, options.simulated, deps, signal);
  } catch (error) {
    // The same command again, after it had worked: the board is who it is.
    const identified = isS4tError(error, "enrolment.used") ? present() : undefined;
    if (identified?.identity.url === (options.url ?? given.url)) return identified;
    throw error;
  }
};
