// `/identity` where a Keystone vouches for people: there is none here, and who looks for it is told where theirs is.
import { fail } from "@s4t/contract";
import type { Log } from "@s4t/kit";
import type { ForeignApi } from "../foreign.ts";
import { isIdentity, v3Headers } from "./mount.ts";
import { refusalOf } from "./refusal.ts";

/** Answers 404 to everything. `url`: of the Keystone. */
export const identityElsewhere = (url: string, log: Log): ForeignApi => ({
  owns: isIdentity,
  methodsAt: () => [],
  mount() {},
  refuse(_error, _request, reply) {
    const { status, headers, body } = refusalOf(
      fail("identity.not-here", { url }),
      `${url}/v3`,
      log,
    );
    reply.code(status).headers({ ...v3Headers(), ...headers });
    return reply.type("application/json").send(Buffer.from(JSON.stringify(body)));
  },
});
