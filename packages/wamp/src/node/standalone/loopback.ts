// What is of this very machine.

/** Whether a host's name or address means this machine. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127\.[0-9.]+$/.test(host);

/**
 * Whether pages of `origin` may come: those that are named, or those of this machine. What a page asks for a browser asks for every
 * page of the web, in the name of whoever sits before it; and a name that only now leads to this machine is not its own.
 */
export const takesOrigin =
  (origins: readonly string[] | undefined) =>
  (origin: string): boolean => {
    if (origins) return origins.includes("*") || origins.includes(origin);
    if (!URL.canParse(origin)) return false;
    return isLoopback(new URL(origin).hostname.replace(/^\[|\]$/g, ""));
  };
