import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { silentLog, systemClock } from "@s4t/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "../../../test/database.ts";
import { undetectedTamperings } from "../../../test/tampering.ts";
import { everything, systemActor } from "../../policy/index.ts";
import type { Database } from "../../ports/database.ts";
import { createAudit, openHeadKey, openWitness } from "./index.ts";
import { leafOf, MerkleTree } from "./merkle.ts";

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.close());

const open = (database: Database = test.database) =>
  createAudit({
    database,
    clock: systemClock,
    log: silentLog,
    key: openHeadKey(test.folder),
    witness: openWitness(join(test.folder, "witness.jsonl")),
  });

const filled = async (count: number) => {
  const audit = open();
  await audit.start?.();
  for (let i = 0; i < count; i += 1) {
    await audit.record({
      actor: systemActor,
      action: "board.create",
      project: null,
      resource: { noun: "board", uuid: `b${i}`, name: null },
      facts: { i },
    });
    if (i % 7 === 6) await audit.sequence();
  }
  await audit.sequence();
  return audit;
};

describe("MerkleTree (RFC 6962)", () => {
  it("has the roots of the recursive definition at every size", () => {
    const leaves = Array.from({ length: 40 }, (_, i) => leafOf(Buffer.alloc(16, i), String(i)));
    const root = (part: readonly string[]): string => {
      if (part.length <= 1)
        return part[0] ?? "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
      let k = 1;
      while (k * 2 < part.length) k *= 2;
      return createHash("sha256")
        .update(Buffer.from([1]))
        .update(Buffer.from(root(part.slice(0, k)), "hex"))
        .update(Buffer.from(root(part.slice(k)), "hex"))
        .digest("hex");
    };
    const tree = new MerkleTree();
    for (let size = 0; size <= leaves.length; size += 1) {
      expect(tree.root()).toBe(root(leaves.slice(0, size)));
      tree.append(leaves[size] ?? leaves[0] ?? "");
    }
  });
  it("grows a copy on its own, until it becomes that copy", () => {
    const [first, ...more] = Array.from({ length: 9 }, (_, i) => leafOf(Buffer.alloc(16, i), "x"));
    const tree = new MerkleTree();
    tree.append(first ?? "");
    const before = tree.root();
    const grown = tree.copy();
    for (const leaf of more) grown.append(leaf);
    expect(tree.root()).toBe(before);
    tree.become(grown);
    expect([tree.root(), tree.size]).toEqual([grown.root(), 9]);
    grown.append(first ?? "");
    expect(tree.size).toBe(9);
    expect(tree.root()).not.toBe(grown.root());
  });
});

describe("the audit log", () => {
  it("numbers entries in order, without gaps, and is found intact", async () => {
    const audit = await filled(30);
    const verdict = await audit.verify();
    expect(verdict).toMatchObject({ intact: true, size: 30, firstBad: null });
    expect(verdict.witnessed).toBeGreaterThan(3);
    const { items } = await audit.list(everything, { limit: 30 });
    expect(items.map(({ index }) => index)).toEqual(Array.from({ length: 30 }, (_, i) => 29 - i));
  });
  it("pages through without repeating or losing an entry", async () => {
    const audit = await filled(25);
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await audit.list(everything, { limit: 10, after });
      seen.push(...page.items.map(({ uuid }) => uuid));
      if (page.next === null) break;
      after = page.next;
    }
    expect(new Set(seen).size).toBe(25);
  });
  it("goes on after a restart, and writes the head that a crash kept from the witness", async () => {
    const first = await filled(10);
    await first.stop?.();
    const witness = join(test.folder, "witness.jsonl");
    const lines = openWitness(witness).read();
    rmSync(witness);
    const kept = openWitness(witness);
    for (const line of lines.slice(0, -1)) await kept.append(line);
    const audit = open();
    await audit.start?.();
    await audit.record({ actor: systemActor, action: "board.update", project: null });
    expect(await audit.verify()).toMatchObject({ intact: true, size: 11 });
    expect(openWitness(witness).read().length).toBe(lines.length + 1);
  });
  it("goes on while its witness cannot be written, and catches up", async () => {
    const file = join(test.folder, "witness.jsonl");
    const audit = await filled(10);
    const record = () =>
      audit.record({ actor: systemActor, action: "board.update", project: null });
    renameSync(file, `${file}.away`);
    mkdirSync(file); // nothing can be appended to a folder, whoever tries
    await record();
    await expect(audit.sequence()).rejects.toMatchObject({ code: "cloud.unavailable" });
    expect(audit.standing()).toMatchObject({ size: 11, witnessed: 10 });
    await record();
    await expect(audit.sequence()).rejects.toMatchObject({ code: "cloud.unavailable" });
    expect(await audit.countWaiting()).toBe(1);
    rmdirSync(file);
    renameSync(`${file}.away`, file);
    appendFileSync(file, '{"head":{"size":11,"ro'); // a line that a full disk tore
    await record();
    await audit.sequence();
    expect(await audit.verify()).toMatchObject({ intact: true, size: 13 });
    expect(audit.standing()).toMatchObject({ size: 13, witnessed: 13 });
    expect(await audit.countWaiting()).toBe(0);
    expect(
      openWitness(file)
        .read()
        .map(({ head }) => head.size)
        .slice(-2),
    ).toEqual([11, 13]);
  });
  it("forgets what an entry said when asked, and every proof still holds", async () => {
    const audit = await filled(12);
    const { items } = await audit.list(everything, { limit: 1 });
    const uuid = items[0]?.uuid ?? "";
    await audit.erase(systemActor, uuid);
    expect(await audit.verify()).toMatchObject({ intact: true, size: 13 });
    const [erasure, erased] = (await audit.list(everything, { limit: 2 })).items;
    expect(erased).toMatchObject({ uuid, resource: null, actor: { name: "erased" } });
    expect(erasure).toMatchObject({ name: "audit.erase", resource: { uuid } });
    await expect(audit.erase(systemActor, uuid)).rejects.toMatchObject({ code: "audit.not-found" });
  });
  it("says that its witness was cut, and does not mend it from itself", async () => {
    const first = await filled(20);
    await first.stop?.();
    const file = join(test.folder, "witness.jsonl");
    const lines = openWitness(file).read();
    rmSync(file);
    const cut = openWitness(file);
    for (const line of lines.slice(0, -2)) await cut.append(line);
    const audit = open();
    await audit.start?.();
    expect(await audit.verify()).toMatchObject({
      intact: false,
      because: "the witness lacks a head of the log",
    });
  });
  it("finds its way after a commit of which it did not hear the end", async () => {
    const { database } = test;
    let deaf = false;
    const audit = open({
      ...database,
      read: (scope, work) => database.read(scope, work),
      write: async (scope, work) => {
        const result = await database.write(scope, work);
        if (deaf) throw new RangeError("the connection broke after the commit");
        return result;
      },
    });
    await audit.start?.();
    const record = () =>
      audit.record({ actor: systemActor, action: "board.update", project: null });
    await record();
    deaf = true;
    await expect(audit.sequence()).rejects.toThrow("broke after");
    deaf = false;
    await record();
    expect(await audit.verify()).toMatchObject({ intact: true, size: 2, witnessed: 2 });
  });
  it("finds every tampering, a log rewritten and signed with the stolen key included", async () => {
    const seed = Date.now() % 2 ** 31;
    const { kinds, undetected } = await undetectedTamperings(test, 60, seed);
    expect(kinds).toBeGreaterThan(25);
    expect(undetected).toEqual([]);
  });
});
