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
  progressive_call_results: true,
  shared_registration: true,
};

/** The roles of a router with their features, as WELCOME tells them. */
export const routerRoles = (hasMetaApi: boolean): Dict => ({
  broker: {
    features: {
      ...brokerFeatures,
      ...(hasMetaApi ? { session_meta_api: true, subscription_meta_api: true } : {}),
    },
  },
  dealer: {
    features: {
      ...dealerFeatures,
      ...(hasMetaApi ? { session_meta_api: true, registration_meta_api: true } : {}),
    },
  },
});
