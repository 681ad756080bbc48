// Why a disk refuses, in words: said the same way by every program.

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | null)?.code ?? "";

/** Whether there is no room: the disk is full, the quota used up, or the file as large as it may be. */
export const isDiskFull = (error: unknown): boolean =>
  ["ENOSPC", "EDQUOT", "EFBIG"].includes(codeOf(error));

/** The end of a sentence that says why something cannot be written: "this user may not write there". Throws what no disk said. */
export const whyUnwritable = (error: unknown): string => {
  if (isDiskFull(error)) return "the disk is full";
  const code = codeOf(error);
  if (code === "EACCES" || code === "EPERM") return "this user may not write there";
  if (code === "EROFS") return "the disk is read-only";
  if (code === "ENOTDIR" || code === "EEXIST") return "there is a file of that name";
  if (code === "ENOENT") return "no folder can be made there";
  if ((error as NodeJS.ErrnoException | null)?.errno === undefined) throw error;
  return code;
};
