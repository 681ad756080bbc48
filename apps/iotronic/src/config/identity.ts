import { integer, text } from "./setting.ts";

export const identitySettings = {
  "identity.region": text(
    "RegionOne",
    "Region that the catalogue of /identity/v3 says, as in OS_REGION_NAME.",
  ),
  "identity.token-life": integer(
    60,
    43_200,
    3_600,
    "Seconds that a token of /identity/v3 lasts; OpenStack's clients sign in again by themselves.",
  ),
} as const;
