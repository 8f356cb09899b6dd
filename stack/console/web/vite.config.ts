import { defineConfig } from "vite";

// Relative to the console's own prefix, so that the same files serve behind any gateway that keeps /console/.
export default defineConfig({
  base: "/console/",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: { outDir: "dist", sourcemap: false, target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { "/api": { target: "http://127.0.0.1:4081", ws: true } } },
});
