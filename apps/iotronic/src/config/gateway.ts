import { integer, text } from "./setting.ts";

export const gatewaySettings = {
  "gateway.address": text(
    "127.0.0.1",
    "Address that exposed services are served on. Beyond loopback whoever reaches it reaches the boards' services.",
  ),
  "gateway.first-port": integer(1, 65_535, 20_000, "First public port of exposed services."),
  "gateway.last-port": integer(1, 65_535, 20_999, "Last public port of exposed services."),
} as const;
