// What the router announces in WELCOME, and nothing that is not so: a test holds each against clients of other houses.
import type { Dict } from "../messages/message.ts";

const brokerFeatures = {
  pattern_based_subscription: true,
  publisher_exclusion: true,
  publisher_identification: true,
  subscriber_blackwhite_listing: true,
};

const dealerFeatures = {
  call_canceling: true,
  call_timeout: true,
  caller_identification: true,
  pattern_based_registration: true,
  progressive_call_invocations: true,
  progressive_call_results: true,
  shared_registration: true,
};

/** What a realm has beyond what every realm has. */
export interface RealmFeatures {
  readonly metaApi: boolean;
  readonly retains: boolean;
  readonly keepsHistory: boolean;
  readonly hasTrustLevels: boolean;
}

/** The roles of a router with their features, as WELCOME tells them. */
export const routerRoles = (has: RealmFeatures): Dict => ({
  broker: {
    features: {
      ...brokerFeatures,
      ...(has.retains ? { event_retention: true } : {}),
      ...(has.keepsHistory ? { event_history: true } : {}),
      ...(has.hasTrustLevels ? { publication_trustlevels: true } : {}),
      ...(has.metaApi
        ? { session_meta_api: true, subscription_meta_api: true, subscription_revocation: true }
        : {}),
    },
  },
  dealer: {
    features: {
      ...dealerFeatures,
      ...(has.hasTrustLevels ? { call_trustlevels: true } : {}),
      ...(has.metaApi
        ? {
            registration_meta_api: true,
            registration_revocation: true,
            session_meta_api: true,
            testament_meta_api: true,
          }
        : {}),
    },
  },
});
