/** Builds the playground into dist/playground, a folder that any web server can host, and serves it for development. */
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Threads share memory only in pages that are isolated from other origins. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** While it is developed, Vite puts styles into the page, which the page's policy forbids. */
const developed: Plugin = {
  name: "developed",
  apply: "serve",
  transformIndexHtml: (html) => html.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
};

export default defineConfig({
  plugins: [developed],
  // The folder may be anywhere below a server's address.
  base: "./",
  build: {
    outDir: fileURLToPath(new URL("../../dist/playground", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // A data: address would be none of the page's own.
    assetsInlineLimit: 0,
    // The library is one file.
    chunkSizeWarningLimit: 640,
    // The policy of index.html allows no code but files.
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { headers, fs: { allow: [root] } },
});
