// Passwords: argon2id outside the loop, at most as many at once as there are cores, the same work for unknown names.
import { availableParallelism } from "node:os";
import { hash, verify } from "@node-rs/argon2";
import { fail } from "@s4t/contract";

/** Shortest password: length is what counts (NIST SP 800-63B-4 asks for 15 where nothing else protects; we throttle as well). */
export const MIN_PASSWORD_LENGTH = 10;
/** OWASP's first choice of argon2id parameters: 19 MiB, two passes. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const atOnce = availableParallelism();
/** Verifications that may wait; more means an attack, and is told to come back later. */
export const MAX_WAITING_PASSWORDS = 100;

let running = 0;
const queue: (() => void)[] = [];
const slot = async (): Promise<void> => {
  if (running < atOnce) {
    running += 1;
    return;
  }
  if (queue.length >= MAX_WAITING_PASSWORDS) throw fail("auth.throttled", { retryAfterS: 5 });
  await new Promise<void>((resolve) => queue.push(resolve));
};
const release = (): void => {
  const next = queue.shift();
  if (next) next();
  else running -= 1;
};
const inSlot = async <T>(work: () => Promise<T>): Promise<T> => {
  await slot();
  try {
    return await work();
  } finally {
    release();
  }
};

/** Throws `user.password-weak`. */
export const requireStrong = (password: string): void => {
  if (password.length < MIN_PASSWORD_LENGTH)
    throw fail("user.password-weak", { minLength: MIN_PASSWORD_LENGTH });
};

/** Password → the text that is stored. */
export const hashPassword = (password: string): Promise<string> =>
  inSlot(() => hash(password, cost));

let nobody: Promise<string> | undefined;
/** Whether the password belongs to the stored text; with none, the same work for nothing. */
export const isPassword = async (
  stored: string | undefined,
  password: string,
): Promise<boolean> => {
  nobody ??= hashPassword("nobody has this password");
  const against = stored ?? (await nobody);
  const right = await inSlot(() => verify(against, password));
  return stored !== undefined && right;
};
