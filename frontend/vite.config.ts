import { defineConfig } from 'vitest/config';

// TensorBoard's stub page imports ./index.js and calls its render(): the name is fixed, and the entry keeps its exports.
export default defineConfig({
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
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: 'index.js' },
    },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'] },
});
