import type { BoardId, ProjectId } from "@s4t/contract";
import { describe, expect, it } from "vitest";
import { type Actor, systemActor } from "../policy/index.ts";
import { type ConnectionRequest, createAuthorize, MAX_STREAMS_PER_BOARD } from "./authorize.ts";

const project = "p" as ProjectId;
const board = "b" as BoardId;
const actorWith = (role: "auditor" | "user" | "manager", of = project): Actor => ({
  ...systemActor,
  kind: "user",
  uuid: "u",
  admin: false,
  roles: new Map([[of, role]]),
});
const atPort: ConnectionRequest = {
  door: "port",
  board,
  project,
  from: "192.0.2.1",
  actor: null,
  isSource: () => true,
  expiresAtMs: null,
  fits: true,
};
const ask = (
  request: Partial<ConnectionRequest>,
  {
    connected = true,
    open = 0,
    canRecord = true,
  }: { readonly connected?: boolean; readonly open?: number; readonly canRecord?: boolean } = {},
) => {
  const decisions: string[] = [];
  const authorize = createAuthorize({
    now: () => 1_000,
    isConnected: () => connected,
    openTo: () => open,
    openInAll: () => open,
    canRecord: () => canRecord,
    onDecision: (door, outcome) => decisions.push(`${door} ${outcome}`),
  });
  const refusal = authorize({ ...atPort, ...request });
  expect(decisions).toHaveLength(1);
  return refusal?.code ?? "allowed";
};

describe("who is at a door", () => {
  it("is let through a public port by address and time alone", () => {
    expect(ask({})).toBe("allowed");
    expect(ask({ isSource: () => false })).toBe("source");
    expect(ask({ from: null })).toBe("source");
    expect(ask({ isSource: null })).toBe("source");
    expect(ask({ expiresAtMs: 1_000 })).toBe("expired");
    expect(ask({ expiresAtMs: 1_001 })).toBe("allowed");
  });

  it("is let through the other doors by the rights of now", () => {
    for (const door of ["forward", "shell", "files"] as const) {
      expect(ask({ door }), door).toBe("policy");
      expect(ask({ door, actor: actorWith("manager") }), door).toBe("allowed");
      expect(ask({ door, actor: actorWith("auditor") }), door).toBe("policy");
      expect(ask({ door, actor: actorWith("manager", "q" as ProjectId) }), door).toBe("policy");
    }
    expect(ask({ door: "forward", actor: actorWith("user") })).toBe("allowed");
    expect(ask({ door: "shell", actor: actorWith("user") })).toBe("policy");
  });

  it("is turned away where it asks for what its way is not for, and where it could not be put on record", () => {
    expect(ask({ fits: false })).toBe("request");
    for (const door of ["port", "forward", "shell", "files"] as const)
      expect(ask({ door, actor: actorWith("manager") }, { canRecord: false })).toBe("unrecorded");
  });

  it("is turned away where the board is not there or has enough", () => {
    expect(ask({}, { connected: false })).toBe("offline");
    expect(ask({}, { open: MAX_STREAMS_PER_BOARD })).toBe("busy");
  });
});
