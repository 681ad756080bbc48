export type { FileMailOptions } from "./config.ts";
export { fileMail } from "./file.ts";
