import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Three lanes, one code: `fast` is `npm test`, `real` brings real components, `soak` the full counts.
const lane = process.env.S4T_LANE ?? "fast";
const include = {
  fast: [
    "{packages,apps}/*/{src,test}/**/*.test.{ts,tsx}",
    "e2e/**/*.test.ts",
    "scripts/**/*.test.ts",
  ],
  real: [
    "{packages,apps}/*/{src,test}/**/*.real.test.ts",
    "e2e/**/*.real.test.ts",
    "scripts/**/*.real.test.ts",
  ],
  soak: ["{packages,apps}/*/{src,test}/**/*.soak.test.ts", "e2e/**/*.soak.test.ts"],
}[lane];

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: include ?? [],
    exclude: [
      "**/node_modules/**",
      ...(lane === "fast" ? ["**/*.real.test.ts", "**/*.soak.test.ts"] : []),
    ],
    testTimeout: { fast: 20_000, real: 600_000, soak: 600_000 }[lane] ?? 20_000,
    hookTimeout: lane === "fast" ? 30_000 : 300_000,
    // By itself it leaves a core out, which on a machine with two is one file at a time; most of these wait for others. The full
    // counts are one at a time: they are load enough.
    ...(lane === "soak"
      ? { fileParallelism: false }
      : { maxWorkers: Math.max(2, availableParallelism() - 1) }),
    // What comes about is waited for as long as a busy machine may need; what does not is red all the same.
    expect: { poll: { timeout: 10_000 } },
    execArgv: ["--conditions=source", "--disable-warning=ExperimentalWarning"],
  },
});
