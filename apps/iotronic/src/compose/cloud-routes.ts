import { CONTRACT, RELEASE, rest, type Setting } from "@s4t/contract";
import { type Clock, toRfc3339 } from "@s4t/kit";
import { Answer, implement } from "../edge/routes.ts";
import type { Events } from "../http/events.ts";
import type { createBackups } from "../modules/backup/index.ts";

/** Capabilities of this release: what navigation shows. */
export const capabilities = [
  "boards",
  "fleets",
  "observations",
  "identity",
  "audit",
  "operations",
  "backup",
] as const;

export interface CloudRoutesDependencies {
  readonly name: string;
  readonly clock: Clock;
  readonly explain: () => readonly Setting[];
  readonly events: () => Events;
  readonly backups: ReturnType<typeof createBackups>;
}

/** What the cloud says and does about itself. */
export const cloudRoutes = ({ name, clock, explain, events, backups }: CloudRoutesDependencies) =>
  implement(rest.cloud, {
    about: async () => ({
      name,
      release: RELEASE,
      contract: CONTRACT,
      time: toRfc3339(clock.now()),
      capabilities: [...capabilities],
    }),
    config: async () => ({ items: [...explain()] }),
    ticket: async ({ actor }) => {
      const { ticket, expiresAtMs } = events().createTicket(actor);
      return { ticket, expiresAt: toRfc3339(expiresAtMs) };
    },
    backup: ({ actor }) => backups.create(actor),
    restore: async ({ actor, stream }) => {
      await backups.restore(actor, stream());
      return new Answer(null, { status: 204 });
    },
  });
