// What keeps this board from its cloud: each question with its answer, and the next step where it is not well.
import { exitCodeOf } from "@s4t/contract";
import type { AgentConfig } from "../config.ts";
import { checkAccess } from "./access.ts";
import { checkCloud } from "./cloud.ts";
import { type Finding, ok, textOf } from "./finding.ts";
import { checkAgent, checkClock, checkFolder, checkIdentity } from "./machine.ts";

const examine = async ({ data, url, access }: AgentConfig): Promise<Finding[]> => {
  const findings = [
    ok(`Node.js ${process.versions.node} on ${process.arch}`),
    ...checkAccess(access),
    checkFolder(data),
  ];
  if (findings.some(({ kind }) => kind === "fail")) return findings;
  const { finding, known } = checkIdentity(data);
  findings.push(finding);
  if (!known) return findings;
  // For the owner of a sealed project, to compare with what the command line keeps.
  findings.push(ok(`Its key is ${known.key.publicKey}`), checkClock(data), checkAgent(data));
  const identity = { ...known.identity, url: url ?? known.identity.url };
  return [...findings, ...(await checkCloud({ ...known, identity }))];
};

/** Answers 0 when nothing keeps the board from its cloud, else the exit code of what does. */
export const doctor = async (config: AgentConfig): Promise<number> => {
  const findings = await examine(config);
  process.stdout.write(findings.map(textOf).join(""));
  const code = findings.find(({ kind }) => kind === "fail")?.code;
  return code === undefined ? 0 : exitCodeOf(code);
};
