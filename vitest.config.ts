import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "apps/*/src/**/*.test.{ts,tsx}",
      "apps/*/test/**/*.test.ts",
      "e2e/**/*.test.ts",
      "scripts/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/*.real.test.ts", "**/*.soak.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    execArgv: ["--conditions=source", "--disable-warning=ExperimentalWarning"],
  },
});
