import { reading, using } from "../row.ts";

export const operationPolicy = {
  "operation.list": reading,
  "operation.show": reading,
  "operation.cancel": using,
  // What is done with each board needs that action's own role besides.
  "bulk.start": using,
  "bulk.show": reading,
} as const;
