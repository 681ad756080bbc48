// What a realm tells of itself as events (WAMP: Session, Registration and Subscription Meta API), to whoever follows these topics.
import type { Member } from "./member.ts";
import type { RegistrationRecord } from "./registrations.ts";
import type { Subscription } from "./subscription.ts";

/** Hears what happens to registrations and subscriptions, within the turn. */
export interface MetaEvents {
  onRegistration(
    what: "on_create" | "on_register" | "on_unregister" | "on_delete",
    by: Member,
    record: RegistrationRecord,
  ): void;
  onSubscription(
    what: "on_create" | "on_subscribe" | "on_unsubscribe" | "on_delete",
    by: Member,
    subscription: Subscription,
  ): void;
}

/** For realms that tell nothing. */
export const noMetaEvents: MetaEvents = { onRegistration() {}, onSubscription() {} };

/** Publishes an event of the router's own. */
export type PublishMeta = (topic: string, args: readonly unknown[]) => void;

/** {@link MetaEvents} that are published. */
export const publishedMetaEvents = (publish: PublishMeta): MetaEvents => ({
  onRegistration(what, by, { id, pattern, match, invoke, createdMs }) {
    const details = { id, created: new Date(createdMs).toISOString(), uri: pattern, match, invoke };
    publish(`wamp.registration.${what}`, [by.info.id, what === "on_create" ? details : id]);
  },
  onSubscription(what, by, { id, pattern, match, createdMs }) {
    const details = { id, created: new Date(createdMs).toISOString(), uri: pattern, match };
    publish(`wamp.subscription.${what}`, [by.info.id, what === "on_create" ? details : id]);
  },
});
