import {
  createOwnerKey,
  createPlugin,
  fail,
  type PluginClient,
  packPlugin,
  verifyVersion,
} from "@s4t/sdk";
import { beforeEach, describe, expect, it } from "vitest";

let said: string[];
beforeEach(() => {
  said = [];
});
const pack = (text: string) =>
  packPlugin([{ path: "hello.mjs", bytes: new TextEncoder().encode(text) }], {
    name: "hello",
    runtime: "node",
    mode: "sync",
    entry: "hello.mjs",
  });

/** A cloud that knows at most one plugin; `quicker`: somebody takes the name between the look and the wish. */
const open = ({ quicker = false } = {}) => {
  let latest: object | undefined;
  const note = (what: string, body: { manifest: { blob: object }; signature?: unknown }) => {
    said.push(what);
    const version = { manifest: body.manifest, signature: body.signature ?? null };
    latest = version;
    return version;
  };
  const client = {
    plugins: {
      show: async () => {
        if (!latest) throw fail("plugin.not-found");
        return { name: "hello", latest };
      },
      create: async ({ body }: { body: { manifest: { blob: object } } }) => {
        if (quicker) {
          quicker = false;
          latest = {};
          throw fail("plugin.name-taken", { name: "hello" });
        }
        return { name: "hello", latest: note("create", body) };
      },
      addVersion: async ({ body }: { body: { manifest: { blob: object } } }) =>
        note("addVersion", body),
    },
    blobs: {
      put: async ({ bytes }: { bytes: ReadableStream<Uint8Array> }) => {
        said.push(`put ${(await new Response(bytes).arrayBuffer()).byteLength}`);
        return null;
      },
    },
  };
  return {
    client: client as unknown as PluginClient,
    hold: (version: string) => {
      latest = { ...latest, version };
    },
  };
};

describe("a plugin that is created", () => {
  it("sends its bytes first, and is a new version where the name is there already", async () => {
    const { client } = open();
    const [one, two] = [await pack("1"), await pack("22")];
    expect((await createPlugin(client, one)).did).toBe("created");
    expect((await createPlugin(client, two)).did).toBe("version-added");
    expect(said).toEqual([
      `put ${one.blob.length}`,
      "create",
      `put ${two.blob.length}`,
      "addVersion",
    ]);
  });
  it("is a version, too, where somebody else was quicker with the name", async () => {
    const { client } = open({ quicker: true });
    expect((await createPlugin(client, await pack("1"))).did).toBe("version-added");
  });
  it("that is there just so sends nothing", async () => {
    const { client, hold } = open();
    const packed = await pack("1");
    await createPlugin(client, packed);
    hold(packed.version);
    said = [];
    expect((await createPlugin(client, packed)).did).toBe("nothing");
    expect(said).toEqual([]);
  });
  it("carries its owner's signature where there is a key", async () => {
    const packed = await pack("1");
    const { version } = await createPlugin(open().client, packed, { key: await createOwnerKey() });
    expect(version.signature && (await verifyVersion(packed.version, version.signature))).toBe(
      true,
    );
  });
});
