// The single-file programs: cloud, agent, command line (esbuild) and the portal (Vite). Built when a source is newer.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { newestChangeMs, root, runProgram, toolPath } from "./repository.ts";

interface Bundle {
  readonly entry: string;
  readonly out: string;
  /** Oldest Node that must run it. */
  readonly target: string;
  readonly external: readonly string[];
}

/** What a bundle may need at run time that cannot be inside it: binaries. */
const natives = ["@node-rs/argon2", "pg-native", "koffi"];

export const bundles: Readonly<
  Record<"iotronic" | "lightning-rod" | "simulator" | "router" | "cli", Bundle>
> = {
  iotronic: {
    entry: "apps/iotronic/src/main.ts",
    out: "apps/iotronic/dist/main.js",
    target: "node24",
    external: natives,
  },
  "lightning-rod": {
    entry: "apps/lightning-rod/src/main.ts",
    out: "apps/lightning-rod/dist/main.js",
    target: "node20",
    external: [],
  },
  simulator: {
    entry: "apps/simulator/src/main.ts",
    out: "apps/simulator/dist/main.js",
    target: "node24",
    external: [],
  },
  router: {
    entry: "packages/wamp/src/node/standalone/main.ts",
    out: "packages/wamp/dist/program/main.js",
    target: "node20",
    external: [],
  },
  cli: {
    entry: "apps/cli/src/main.ts",
    out: "apps/cli/dist/main.js",
    target: "node24",
    external: [],
  },
};

/**
 * How Node runs the cloud. Its young generation stays small: V8 lets it grow in a burst (ten thousand boards that come back) and
 * would keep it, while what of the burst lives on is old soon. What is old is looked through when it has grown by half: V8 would let
 * it grow threefold first, with garbage of the burst that nobody needs.
 */
export const cloudNodeArguments: readonly string[] = [
  "--max-semi-space-size=4",
  "--heap-growing-percent=50",
  "--disable-warning=ExperimentalWarning",
];

const sourcesOf = {
  iotronic: ["packages/*/src/**/*.ts", "apps/iotronic/src/**/*.ts", "package-lock.json"],
  "lightning-rod": [
    "packages/*/src/**/*.ts",
    "apps/lightning-rod/src/**/*.{ts,cjs,py}",
    "package-lock.json",
  ],
  simulator: [
    "packages/*/src/**/*.ts",
    "apps/{lightning-rod,simulator}/src/**/*.{ts,cjs,py}",
    "package-lock.json",
  ],
  router: ["packages/{kit,wamp}/src/**/*.ts", "package-lock.json"],
  cli: ["packages/*/src/**/*.ts", "apps/cli/src/**/*.ts", "package-lock.json"],
  portal: [
    "packages/{kit,contract,tunnel,sdk}/src/**/*.ts",
    "apps/portal/src/**/*",
    "apps/portal/*.{ts,html,json}",
    "package-lock.json",
  ],
} as const;

const stampOf = (name: string) => join(root, ".cache", "bundles", `${name}.stamp`);
const isFresh = (name: keyof typeof sourcesOf, out: string): boolean =>
  existsSync(join(root, out)) &&
  existsSync(stampOf(name)) &&
  Number(readFileSync(stampOf(name), "utf8")) === newestChangeMs(sourcesOf[name]);
const markFresh = (name: keyof typeof sourcesOf): void => {
  mkdirSync(dirname(stampOf(name)), { recursive: true });
  writeFileSync(stampOf(name), String(newestChangeMs(sourcesOf[name])));
};

// Bundled CommonJS packages expect these names; an ES module does not have them.
const banner = [
  'import { createRequire as __s4tRequire } from "node:module";',
  "const require = __s4tRequire(import.meta.url);",
].join("\n");

/**
 * TypeBox does not say in its manifest that its modules only declare: with this, what no schema uses is left out. It halves the
 * agent.
 */
const leaveOutUnusedTypes: Plugin = {
  name: "leave-out-unused-types",
  setup(build) {
    build.onResolve({ filter: /^typebox(\/|$)/ }, async ({ path, pluginData, ...rest }) => {
      if (pluginData === leaveOutUnusedTypes) return undefined;
      const found = await build.resolve(path, { ...rest, pluginData: leaveOutUnusedTypes });
      return { ...found, sideEffects: false };
    });
    build.onResolve({ filter: /^\./ }, async ({ path, pluginData, importer, ...rest }) => {
      if (pluginData === leaveOutUnusedTypes || !importer.includes("/node_modules/typebox/"))
        return undefined;
      const found = await build.resolve(path, {
        ...rest,
        importer,
        pluginData: leaveOutUnusedTypes,
      });
      return { ...found, sideEffects: false };
    });
  },
};

/** The host programs of plugins go into the agent's one file as text: see the module that this replaces. */
const hostsAsText: Plugin = {
  name: "hosts-as-text",
  setup(build) {
    build.onLoad({ filter: /\/platform\/linux\/plugins\/shims\.ts$/ }, ({ path }) => {
      const textOf = (name: string): string =>
        JSON.stringify(readFileSync(join(dirname(path), "shims", name), "utf8"));
      return {
        contents: `export const nodeHost = ${textOf("host.cjs")};\nexport const pythonHost = ${textOf("host.py")};`,
        loader: "js",
      };
    });
  },
};

/** Builds one program into one file; says whether there was anything to do. */
export const buildBundle = async (name: keyof typeof bundles): Promise<boolean> => {
  const bundle = bundles[name];
  if (isFresh(name, bundle.out)) return false;
  await build({
    absWorkingDir: root,
    entryPoints: [bundle.entry],
    outfile: bundle.out,
    bundle: true,
    platform: "node",
    format: "esm",
    target: bundle.target,
    conditions: ["source"],
    external: [...bundle.external],
    ...(["lightning-rod", "simulator", "router"].includes(name) ? {} : { banner: { js: banner } }),
    // Whole on boards, where each byte of source is kept in memory; elsewhere names stay for whoever reads a stack.
    ...(name === "lightning-rod" ? { minify: true, keepNames: false } : { minifySyntax: true }),
    legalComments: "none",
    sourcemap: "linked",
    plugins: [leaveOutUnusedTypes, hostsAsText],
    logLevel: "error",
  });
  markFresh(name);
  return true;
};

/** Builds the portal's files; says whether there was anything to do. */
export const buildPortal = async (): Promise<boolean> => {
  if (isFresh("portal", "apps/portal/dist/index.html")) return false;
  const { code, output } = await runProgram(toolPath("vite"), ["build", "--logLevel", "warn"], {
    cwd: join(root, "apps/portal"),
    output: "quiet",
  });
  if (code !== 0) {
    console.error(output);
    process.exit(code);
  }
  markFresh("portal");
  return true;
};

/** Brings everything that `npm start` and `./s4t` run up to date, saying what takes time. */
export const buildAll = async (say: (line: string) => void): Promise<void> => {
  const startedMs = Date.now();
  const done = await Promise.all([
    buildBundle("iotronic"),
    buildBundle("lightning-rod"),
    buildBundle("simulator"),
    buildBundle("cli"),
    buildPortal(),
  ]);
  if (done.some(Boolean))
    say(`Built the programs and the portal in ${((Date.now() - startedMs) / 1_000).toFixed(1)} s`);
};
