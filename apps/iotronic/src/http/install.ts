// What a second machine fetches to become a board: a script, the agent, the runtime. None of it is secret. The script is written
// for the machine that asks for it: it carries this cloud's pin and the SHA-256 of every file that it will run.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { fail } from "@s4t/contract";
import { installScript } from "./install-script.ts";
import type { PlainRoute } from "./server.ts";

/** Of gzip: half the time of the usual level for a tenth more bytes, and the first board waits for it. */
export const PACK_LEVEL = 1;

export interface InstallOptions {
  /** The agent as one file. */
  readonly agentFile: string;
  /** The Node that runs this cloud; boards of its kind get it. */
  readonly runtimeFile: string;
  /** What the agent opens terminals with, for boards of the cloud's kind. */
  readonly nativeFile: string;
  /** `x64` or `arm64`. */
  readonly arch: string;
  /** Where the packed runtime is kept. */
  readonly folder: string;
  /** Address that boards are told. */
  readonly url: () => string;
  /** SHA-256 of the leaf's public key, base64; null where the link is plain loopback. */
  readonly pin: () => string | null;
  /** Certificates of the authorities, the present one first, PEM; empty where there is none. */
  readonly authorities: () => string;
}

/** SHA-256 of a file, computed again only when it changed. */
const createHasher = () => {
  const known = new Map<string, { readonly stamp: string; readonly hash: Promise<string> }>();
  const compute = async (file: string): Promise<string> => {
    const hash = createHash("sha256");
    await pipeline(createReadStream(file), hash);
    return hash.digest("hex");
  };
  return async (file: string): Promise<string> => {
    const { mtimeMs, size } = await stat(file);
    const stamp = `${mtimeMs} ${size}`;
    const before = known.get(file);
    if (before?.stamp === stamp) return before.hash;
    const hash = compute(file);
    known.set(file, { stamp, hash });
    return hash;
  };
};

/** Packs the runtime once; whoever asks meanwhile waits for the same work. */
const createPacker = ({ runtimeFile, folder }: InstallOptions) => {
  let packing: Promise<string> | undefined;
  return (hash: string): Promise<string> => {
    const file = join(folder, `node-${hash.slice(0, 16)}.gz`);
    if (existsSync(file)) return Promise.resolve(file);
    packing ??= (async () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const half = `${file}.${process.pid}`;
      await pipeline(
        createReadStream(runtimeFile),
        createGzip({ level: PACK_LEVEL }),
        createWriteStream(half),
      );
      renameSync(half, file);
      return file;
    })().finally(() => {
      packing = undefined;
    });
    return packing;
  };
};

/** The routes of an installation, and of the authorities' certificates. */
export const installRoutes = (options: InstallOptions): readonly PlainRoute[] => {
  const { agentFile, runtimeFile, nativeFile, arch } = options;
  const hashOf = createHasher();
  const packed = createPacker(options);
  const requireBuilt = (): void => {
    if (!existsSync(agentFile))
      throw fail("cloud.unavailable", { because: "its agent is not built" });
  };
  return [
    {
      method: "GET",
      path: "/ca.pem",
      handle(_request, reply) {
        const text = options.authorities();
        if (text === "") throw fail("request.not-found");
        return reply.type("application/x-pem-file").send(text);
      },
    },
    {
      method: "GET",
      path: "/install/agent.sh",
      async handle(_request, reply) {
        requireBuilt();
        const [agentHash, runtimeHash, nativeHash] = await Promise.all([
          hashOf(agentFile),
          hashOf(runtimeFile),
          existsSync(nativeFile) ? hashOf(nativeFile) : null,
        ]);
        const { url, pin } = options;
        const hashes = { agentHash, runtimeHash, nativeHash };
        const script = installScript({ url: url(), pin: pin(), arch, ...hashes });
        return reply.type("text/x-shellscript; charset=utf-8").send(script);
      },
    },
    {
      method: "GET",
      path: "/install/agent.mjs",
      handle(_request, reply) {
        requireBuilt();
        return reply.type("text/javascript; charset=utf-8").send(createReadStream(agentFile));
      },
    },
    {
      method: "GET",
      path: `/install/koffi-linux-${arch}.node`,
      handle(_request, reply) {
        if (!existsSync(nativeFile)) throw fail("request.not-found");
        return reply.type("application/octet-stream").send(createReadStream(nativeFile));
      },
    },
    {
      method: "GET",
      path: `/install/node-linux-${arch}.gz`,
      async handle(_request, reply) {
        const file = await packed(await hashOf(runtimeFile));
        return reply.type("application/gzip").send(createReadStream(file));
      },
    },
  ];
};
