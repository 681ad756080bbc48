import { text } from "./setting.ts";

export const iotronicSettings = {
  "iotronic.origins": text(
    null,
    "Origins whose pages may use the original's API (/v1), with commas: https://dashboard.example. Browsers keep all others from it.",
  ),
} as const;
