// Secrets are typed unseen, or come from a file or standard input; never from the command line, where everybody may read them.
import { readFile } from "node:fs/promises";
import { fail } from "@s4t/sdk";

/** Longest secret taken from a file or standard input: a mistaken file must not fill the memory. */
export const MAX_SECRET_BYTES = 4_096;

const readStandardInput = async (): Promise<string> => {
  let text = "";
  for await (const piece of process.stdin) {
    text += String(piece);
    if (text.length > MAX_SECRET_BYTES) break;
  }
  return text;
};

/** Reads a secret from a file (`-`: standard input), or asks for it. */
export const readSecret = async (file: string | undefined, question: string): Promise<string> => {
  if (file !== undefined) {
    const text = file === "-" ? await readStandardInput() : await readFile(file, "utf8");
    if (text.length > MAX_SECRET_BYTES)
      throw fail("request.too-large", { limitBytes: MAX_SECRET_BYTES });
    return text.replace(/\r?\n$/, "");
  }
  if (!process.stdin.isTTY)
    throw fail("config.invalid", {
      setting: "--password-file",
      because: "is needed where nobody can be asked; - reads standard input",
    });
  const { password, isCancel } = await import("@clack/prompts");
  const answer = await password({ message: question });
  if (isCancel(answer)) throw fail("request.canceled");
  return answer;
};

/** Asks for the name of who signs in. */
export const askName = async (): Promise<string> => {
  if (!process.stdin.isTTY)
    throw fail("config.invalid", {
      setting: "--name",
      because: "is needed where nobody can be asked",
    });
  const { text, isCancel } = await import("@clack/prompts");
  const answer = await text({ message: "User name" });
  if (isCancel(answer)) throw fail("request.canceled");
  return answer;
};

/** Asks for a code of the second factor: it is good once, so it may be seen. */
export const askCode = async (): Promise<string> => {
  if (!process.stdin.isTTY)
    throw fail("config.invalid", {
      setting: "--code",
      because: "is needed where nobody can be asked: the account has a second factor",
    });
  const { text, isCancel } = await import("@clack/prompts");
  const answer = await text({ message: "Code of the second factor" });
  if (isCancel(answer)) throw fail("request.canceled");
  return answer;
};
