// The portal's build: static files under /app/, no inline script or style, nothing from another origin.
import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";
import { coastTiles } from "./coast-tiles.ts";
import { endpointsOnly } from "./endpoints-only.ts";

const cloud = process.env.S4T_URL ?? "http://127.0.0.1:8812";

export default defineConfig({
  base: "/app/",
  plugins: [react(), coastTiles(), endpointsOnly()],
  resolve: { conditions: ["source", ...defaultClientConditions] },
  build: {
    target: "es2023",
    // Data URLs would need exceptions in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Which file needs which: the budget test reads it.
    manifest: true,
    chunkSizeWarningLimit: 400,
    rolldownOptions: {
      // Neither our sources nor those of the libraries do anything by reading a member; and what declares types only declares.
      treeshake: {
        propertyReadSideEffects: false,
        moduleSideEffects: [{ test: /\/node_modules\/typebox\//, sideEffects: false }],
      },
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          // In reach of the start by way of an index, used by few pages only: else the first load would carry what checks
          // values, packs plugins and opens tunnels.
          groups: [
            {
              name: "reach",
              test: /typebox\/build\/(?:value|schema|format)\/|packages\/(?:tunnel\/|sdk\/src\/(?:way|plugin)\/|kit\/src\/(?:json|canonical)|contract\/src\/(?:check|manifest|parameters)\.ts)/,
            },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": { target: cloud },
      "/events": { target: cloud, ws: true },
    },
  },
});
