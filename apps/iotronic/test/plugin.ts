// A plugin as somebody would pack it who has only read the contract.
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { gzipSync } from "node:zlib";
import {
  defaultPluginLimits,
  defaultPluginNeeds,
  type PluginManifest,
  signedKeyText,
  signedVersionText,
} from "@s4t/contract";
import { canonicalJson } from "@s4t/kit";
import { type BoardSession, enrolBoard, joinAs } from "./board.ts";
import { type Answered, type Asked, openTestCloud, type TestCloud } from "./cloud.ts";

const sha256 = (bytes: string | Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

export interface Packed {
  readonly manifest: PluginManifest;
  readonly version: string;
  readonly blob: Buffer;
}

/** Packs files by path. */
export const pack = (
  name: string,
  files: Readonly<Record<string, string>> = { "main.js": `// ${name}` },
  more: Partial<PluginManifest> = {},
): Packed => {
  const paths = Object.keys(files);
  const blob = gzipSync(Object.values(files).join(""));
  const manifest: PluginManifest = {
    format: 1,
    name,
    runtime: "node",
    entry: paths[0] ?? "",
    mode: "sync",
    parameters: null,
    limits: defaultPluginLimits,
    needs: defaultPluginNeeds,
    isolated: false,
    files: paths.map((path) => ({
      path,
      bytes: Buffer.byteLength(files[path] ?? ""),
      sha256: sha256(files[path] ?? ""),
    })),
    blob: { sha256: sha256(blob), bytes: blob.length },
    ...more,
  };
  return { manifest, version: sha256(canonicalJson(manifest)), blob };
};

/** Stores the bytes. */
export const upload = (
  cloud: TestCloud,
  { manifest, blob }: Pick<Packed, "manifest" | "blob">,
  asked: Asked = { token: cloud.admin },
): Promise<Answered> =>
  cloud.call("PUT", `/blobs/${manifest.blob.sha256}`, {
    ...asked,
    raw: blob,
    headers: { "content-type": "application/octet-stream" },
  });

/** Stores bytes and plugin. */
export const create = async (
  cloud: TestCloud,
  packed: Packed,
  asked: Asked = { token: cloud.admin },
): Promise<Answered> => {
  const stored = await upload(cloud, packed, asked);
  if (stored.status !== 204) return stored;
  return cloud.call("POST", "/api/plugins", { ...asked, body: { manifest: packed.manifest } });
};

/** A key as an owner makes it. */
export const ownerKey = () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url").toString(
    "hex",
  );
  const by = (text: string): string => sign(null, Buffer.from(text), privateKey).toString("hex");
  return {
    key,
    proof: by(signedKeyText(key, true)),
    name: (next: string) => by(signedKeyText(next, true)),
    signVersion: (version: string) => ({ key, signature: by(signedVersionText(version)) }),
  };
};

/** A cloud with a board `b1` that is there and has these plugins. */
export const openPluginStage = async (
  ...plugins: readonly Packed[]
): Promise<{
  readonly cloud: TestCloud;
  readonly session: BoardSession;
  /** The board's and the plugins'. */
  readonly project: string;
  close(): Promise<void>;
}> => {
  const cloud = await openTestCloud();
  const token = cloud.admin;
  const board = await enrolBoard(cloud, "b1");
  const session = await joinAs(cloud, board, { features: ["board", "plugins"] });
  for (const packed of plugins) {
    const path = `/api/boards/b1/plugins/${packed.manifest.name}`;
    const made = [await create(cloud, packed), await cloud.call("PUT", path, { token, body: {} })];
    const refused = made.find(({ status }) => status >= 300);
    if (refused) throw new TypeError(refused.text);
  }
  const { project } = (await cloud.call("GET", "/api/boards/b1", { token })).body;
  return {
    ...{ cloud, session, project },
    async close() {
      await session.session.close();
      await cloud.close();
    },
  };
};
