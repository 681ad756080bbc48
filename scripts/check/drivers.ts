// The rule of the three equal names: every port has its promise, its proof and at least one filling, and every filling calls
// the proof.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../repository.ts";

const source = join(root, "apps/iotronic/src");

/** Complaints about ports and drivers. */
export const checkDrivers = (): string[] => {
  const complaints: string[] = [];
  const files = readdirSync(join(source, "ports"));
  const ports = files.filter((file) => /^[a-z-]+\.ts$/.test(file)).map((file) => file.slice(0, -3));
  const withDrivers = readdirSync(join(source, "drivers"));
  for (const port of ports) {
    if (!files.includes(`${port}.conformance.ts`))
      complaints.push(`ports/${port}.ts has no ${port}.conformance.ts`);
    if (!withDrivers.includes(port))
      complaints.push(`ports/${port}.ts has no filling in drivers/${port}/`);
  }
  for (const port of withDrivers) {
    if (!ports.includes(port)) complaints.push(`drivers/${port}/ fills no port`);
    for (const technology of readdirSync(join(source, "drivers", port))) {
      const folder = join(source, "drivers", port, technology);
      if (!existsSync(join(folder, "index.ts")))
        complaints.push(`drivers/${port}/${technology} has no index.ts`);
      if (!readdirSync(folder).some((file) => /^conformance\.(real\.)?test\.ts$/.test(file)))
        complaints.push(`drivers/${port}/${technology} has no conformance test`);
    }
  }
  return complaints;
};
