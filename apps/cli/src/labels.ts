import { fail } from "@s4t/sdk";

/** `name=value` texts → labels. Throws `request.invalid`. */
export const parseLabels = (texts: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at < 1)
        throw fail("request.invalid", { where: "--label", because: "must be name=value" });
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
