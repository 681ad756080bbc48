// The event socket of a command: trusts whom the command trusts, and says when the cloud is away.
import { connectEvents, type Events } from "@s4t/sdk";
import { trustOnly } from "@s4t/sdk/node";
import pc from "picocolors";
import type { Context } from "./context.ts";

/** Opens it. `ended` rejects when it is refused for good, and never resolves. */
export const openEvents = ({
  cloud,
  out,
}: Context): { readonly events: Events; readonly ended: Promise<never> } => {
  const { url, auth, ca } = cloud();
  // The platform's WebSocket takes no authority of its own.
  if (ca !== undefined && url.startsWith("https:")) trustOnly(ca);
  let end: (error: unknown) => void = () => {};
  const ended = new Promise<never>((_, reject) => {
    end = reject;
  });
  ended.catch(() => {}); // it may come after the command's own end
  const events = connectEvents({
    url,
    auth,
    onError: end,
    onState(state) {
      if (state === "reconnecting" && !out.json) out.note(pc.yellow("… the cloud is away"));
    },
  });
  return { events, ended };
};
