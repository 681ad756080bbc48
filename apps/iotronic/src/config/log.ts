import { oneOf } from "./setting.ts";

export const logSettings = {
  "log.level": oneOf(["debug", "info", "warn", "error"], "info", "How much is logged."),
} as const;
