// The same conformance file, its people signed in as OpenStack's clients sign in: a password for a token of one project.
import { afterAll, beforeAll, expect, it } from "vitest";
import { steps } from "./iotronic-v1/conformance.ts";
import { createRun } from "./iotronic-v1/run.ts";
import { openStage, type Stage } from "./iotronic-v1/stage.ts";
import type { Step } from "./iotronic-v1/step.ts";

/** Of the people of the stage. */
const memberPassword = "correct horse battery staple";
let stage: Stage;
let run: (step: Step) => Promise<string | undefined>;
const people = { manager: "mara", user: "ugo", auditor: "ada", stranger: "sam" } as const;

/** As keystoneauth's password method asks: a token scoped to a project, and the catalogue with it. */
const signIn = async (name: string, password: string, project: string) => {
  const domain = { id: "default" };
  const answer = await stage.cloud.call("POST", "/identity/v3/auth/tokens", {
    body: {
      auth: {
        identity: { methods: ["password"], password: { user: { name, domain, password } } },
        scope: { project: { name: project, domain } },
      },
    },
  });
  expect(answer.status, answer.text).toBe(201);
  return { token: answer.headers.get("x-subject-token") ?? "", catalog: answer.body.token.catalog };
};

beforeAll(async () => {
  stage = await openStage();
  const tokens = { ...stage.tokens };
  for (const [who, name] of Object.entries(people)) {
    const project = who === "stranger" ? "airport" : "harbour";
    tokens[who as keyof typeof people] = (await signIn(name, memberPassword, project)).token;
  }
  tokens.admin = (await signIn("admin", stage.cloud.password, "harbour")).token;
  run = createRun({ ...stage, tokens });
}, 60_000);
afterAll(() => stage.close());

it.each(steps)("$reference: $says ($method $path)", async (step) => {
  const wrong = await run(step);
  if (wrong !== undefined) throw new TypeError(wrong);
});

it("the catalogue leads to it, by an address that the command line leaves whole", async () => {
  const { token, catalog } = await signIn("mara", memberPassword, "harbour");
  const iot = catalog.find(({ type }: { type: string }) => type === "iot");
  const { url } = iot.endpoints.find((each: { interface: string }) => each.interface === "public");
  const kept = url.replace(/[/v1]+$/, "");
  const answer = await fetch(`${kept}/v1/boards`, { headers: { "x-auth-token": token } });
  expect(answer.status).toBe(200);
});
