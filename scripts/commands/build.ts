import { buildAll } from "../bundles.ts";

/** `npm run build`: all programs and the portal. */
export const run = async (): Promise<number> => {
  await buildAll((line) => console.error(line));
  return 0;
};
