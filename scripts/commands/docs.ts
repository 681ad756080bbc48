import { writeDocuments } from "../docs/generate.ts";

/** `npm run docs`: writes the generated pages. */
export const run = async (): Promise<number> => {
  await writeDocuments();
  return 0;
};
