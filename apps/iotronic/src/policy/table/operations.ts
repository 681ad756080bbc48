import { reading, using } from "../row.ts";

export const operationPolicy = {
  "operation.list": reading,
  "operation.show": reading,
  "operation.cancel": using,
} as const;
