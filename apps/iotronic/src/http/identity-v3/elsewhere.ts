// `/identity` where a Keystone vouches for people: there is none here, and who looks for it is told where theirs is.
import { fail } from "@s4t/contract";
import type { Mount } from "../server.ts";
import { IDENTITY_PREFIX } from "./catalogue.ts";
import { refusalOf } from "./refusal.ts";

/** Answers 404 to everything. `url`: of the Keystone. */
export const identityElsewhere = (url: string): Mount => ({
  prefix: IDENTITY_PREFIX,
  mount(server, deps) {
    server.setNotFoundHandler((_request, reply) => {
      const { status, headers, body } = refusalOf(
        fail("identity.not-here", { url }),
        `${url}/v3`,
        deps.log,
      );
      return reply
        .code(status)
        .headers(headers)
        .type("application/json")
        .send(Buffer.from(JSON.stringify(body)));
    });
  },
});
