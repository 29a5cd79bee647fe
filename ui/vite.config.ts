import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** A production bundle that carries the mock backend would show cards that nobody asked. It must not build. */
function refuseMock(mode: string): Plugin {
  return {
    name: 'refuse-mock',
    apply: 'build',
    generateBundle(_options, bundle) {
      if (mode === 'mock') return;
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        const mock = Object.keys(chunk.modules).find((id) => /\/src\/mock(\/|\.ts)/.test(id));
        if (mock !== undefined) this.error(`the mock backend is part of the bundle: ${mock}`);
      }
    },
  };
}

export default defineConfig(({ mode }) => ({
  // The window loads the files from inside the binary: every address is relative.
  base: './',
  plugins: [svelte(), refuseMock(mode)],
  // Under vitest Svelte must resolve to its browser build.
  ...(process.env.VITEST ? { resolve: { conditions: ['browser'] } } : {}),
  build: {
    target: 'es2022',
    // `data:` addresses are outside the window's content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  server: { host: '127.0.0.1', port: 5173, strictPort: true },
  preview: { host: '127.0.0.1' },
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.test.ts'],
    restoreMocks: true,
    // A busy machine is slow; a test that hangs is still found.
    testTimeout: 60_000,
  },
}));
