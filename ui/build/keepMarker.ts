import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Plugin } from 'vite';

/** Puts .gitkeep back after a build: the Go program embeds the folder, which must exist in a fresh clone. */
export function keepMarker(): Plugin {
  let folder = '';
  return {
    name: 'eljefe:keep-marker',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, '.gitkeep'), '');
    },
  };
}
