// The relay as a program, for another network namespace: options as JSON, one line when it listens, one for what it saw at the end.
import process from "node:process";
import { openRelay, type RelayOptions } from "./relay.ts";

const relay = await openRelay(JSON.parse(process.argv[2] ?? "{}") as RelayOptions);
process.stdout.write(`listening ${relay.port}\n`);
process.on("SIGTERM", () => {
  process.stdout.write(`${JSON.stringify({ taken: relay.taken(), seen: relay.seen() })}\n`);
  process.exit(0);
});
