// Plugins as a cloud would send them, and a runner without processes that does what the test says.
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { gzipSync } from "node:zlib";
import {
  defaultPluginLimits,
  defaultPluginNeeds,
  type PluginManifest,
  signedVersionText,
  type TargetPlugin,
} from "@s4t/contract";
import { hashOf, sha256Hex } from "@s4t/kit/node";
import type { Instance, OpenPlugin, Runner } from "../src/features/plugins/runner.ts";

export interface SigningKey {
  readonly hex: string;
  readonly privateKey: KeyObject;
}

export const createSigningKey = (): SigningKey => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  return { hex: Buffer.from(x, "base64url").toString("hex"), privateKey };
};

export interface TestPlugin {
  readonly value: TargetPlugin;
  readonly blob: Buffer;
}

/** Packs and signs; `change` alters the manifest before it is signed. */
export const packSigned = (
  files: Readonly<Record<string, string | Buffer>>,
  key: SigningKey,
  change: Partial<PluginManifest> = {},
): TestPlugin => {
  const parts = Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
  const blob = gzipSync(Buffer.concat(parts.map(({ bytes }) => bytes)));
  const manifest: PluginManifest = {
    ...{ format: 1, name: "hello", runtime: "node", mode: "sync", parameters: null },
    entry: parts[0]?.path ?? "",
    limits: defaultPluginLimits,
    needs: defaultPluginNeeds,
    isolated: false,
    files: parts.map(({ path, bytes }) => ({
      path,
      bytes: bytes.length,
      sha256: sha256Hex(bytes),
    })),
    blob: { sha256: sha256Hex(blob), bytes: blob.length },
    ...change,
  };
  const version = hashOf(manifest);
  const signature = sign(null, Buffer.from(signedVersionText(version)), key.privateKey);
  return {
    blob,
    value: {
      name: manifest.name,
      version,
      manifest,
      signature: { key: key.hex, signature: signature.toString("hex") },
      onBoot: false,
      restart: "no",
      parameters: {},
    },
  };
};

export interface TestRunner extends Runner {
  /** What it was told to do, in order. */
  readonly did: string[];
  /** What was opened last. */
  opened: OpenPlugin | undefined;
  python: string | null;
  /** What a call answers. */
  answer: (parameters: unknown, signal: AbortSignal) => unknown;
}

/** A runner whose plugins are called by their version's number in `numbers`. */
export const openTestRunner = (nameOf: (version: string) => string): TestRunner => {
  const did: string[] = [];
  const runner: TestRunner = {
    did,
    opened: undefined,
    python: "3.13.1",
    answer: (parameters) => parameters,
    look: async () => {},
    ready: async () => {},
    describe: () => ({
      node: "26.0.0",
      python: runner.python,
      isolation: {
        ...{ level: "none", ownUser: false, limits: "none", sandbox: false },
        ...{ nodePermissions: false, network: false },
      },
    }),
    open(plugin): Instance {
      const name = nameOf(plugin.version);
      did.push(`open ${name}`);
      runner.opened = plugin;
      return {
        call: async (parameters, { signal }) => runner.answer(parameters, signal),
        prepare: () => void did.push(`prepare ${name}`),
        start: async (parameters) => void did.push(`start ${name} ${JSON.stringify(parameters)}`),
        stop: async () => {
          did.push(`stop ${name}`);
          plugin.onExit({ reason: "stopped", code: 0, signal: null, atMs: 1 });
        },
        use: () => ({ pid: 7, memoryBytes: 1_000, cpuMs: 5 }),
        close: async () => void did.push(`close ${name}`),
      };
    },
  };
  return runner;
};
