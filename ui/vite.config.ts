import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { keepMarker } from './build/keepMarker.ts';
import { themeVariables } from './build/themeVariables.ts';

const server = process.env.ELJEFE_DEV_SERVER ?? 'https://localhost:8443';

export default defineConfig({
  base: '/',
  plugins: [react(), themeVariables(), keepMarker()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    outDir: '../internal/server/web/dist',
    emptyOutDir: true,
    target: 'es2022',
    // An inlined asset would be a data: address, which the policy allows for images only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': { target: server, secure: false } } },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
