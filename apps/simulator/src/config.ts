// Settings of the simulator as a program: where it keeps its boards' identities. The boards themselves come over standard input.
import { fail } from "@s4t/contract";

export interface SimulatorConfig {
  /** Undefined: identities end with the process. */
  readonly data: string | undefined;
}

/** Reads arguments. Throws `config.unknown` and `config.invalid`. */
export const readSimulatorConfig = (args: readonly string[]): SimulatorConfig => {
  const [flag, ...rest] = args;
  if (flag === undefined) return { data: undefined };
  const [name = "", inline] = flag.split(/=(.*)/s);
  if (name !== "--data" || rest.length > (inline === undefined ? 1 : 0))
    throw fail("config.unknown", { setting: name === "--data" ? (rest[1] ?? "") : flag });
  const data = inline ?? rest[0];
  if (data === undefined || data === "")
    throw fail("config.invalid", { setting: "data", because: "needs a folder" });
  return { data };
};
