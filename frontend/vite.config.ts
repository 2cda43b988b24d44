import { defineConfig } from 'vitest/config';

// TensorBoard's stub page imports ./index.js and calls its render(): the name is fixed, and the entry keeps its exports. Other files
// import what they share with the entry from it, and are named by their content, so that a browser may keep them for ever.
const HELPER = '\0vite/preload-helper.js';

/** Vite wraps dynamic imports to load style sheets and modules ahead; ours have none, so that the wrapper only calls them. */
const plainImports = {
  name: 'plain-imports',
  enforce: 'pre' as const,
  load: (id: string) => (id === HELPER ? 'export const __vitePreload = (load) => load();' : undefined),
};

export default defineConfig({
  plugins: [plainImports],
  base: './',
  build: {
    outDir: '../tb_contention/static',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    copyPublicDir: false,
    rolldownOptions: {
      input: 'src/main.tsx',
      preserveEntrySignatures: 'allow-extension',
      output: {
        entryFileNames: 'index.js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
      },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: 'src/testing/tables.ts',
  },
});
