import { systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import { openTestStream, openTestTunnel } from "../../../test/streams.ts";
import type { TerminalListener, Terminals } from "../../platform/terminal.ts";
import { createShells } from "./terminal.ts";

it("asks a shell for no more than its reader takes, and for more once it has", async () => {
  let listener: TerminalListener | undefined;
  const asked: string[] = [];
  const terminals: Terminals = {
    user: "maria",
    open: (_, given) => {
      listener = given;
      return {
        write: () => true,
        pause: () => void asked.push("pause"),
        resume: () => void asked.push("resume"),
        resize: () => {},
        hangUp: () => {},
      };
    },
  };
  const shells = createShells(terminals, systemClock);
  const tunnel = openTestTunnel((incoming) => shells.open({ cols: 80, rows: 24 }, incoming));
  const { stream, text } = await openTestStream(tunnel, "shell", {}, { use: false });
  const piece = Buffer.alloc(4_096, "y");
  let said = 0;
  for (; asked.length === 0 && said < 10_000; said += 1) listener?.onData(piece);
  expect(asked).toEqual(["pause"]);
  await expect.poll(() => text().length).toBeGreaterThan(100_000);
  stream.consumed(text().length);
  await expect.poll(() => asked.at(-1)).toBe("resume");
  tunnel.close("ended");
});
