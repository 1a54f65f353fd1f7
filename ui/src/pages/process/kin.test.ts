import { expect, it } from 'vitest';
import type { Ancestor, EventRow } from '@/api/types';
import { chainOf } from './kin';

const row = (process: string, more: Partial<EventRow> = {}): EventRow => ({
  id: process,
  kind: 'start',
  time: '2026-01-03T10:00:00Z',
  station: 'ACC-07',
  station_id: 1,
  process,
  pid: 100,
  sensor: 'etw',
  origin: 'live',
  ...more,
});

it('leads from the oldest ancestor down, and keeps a place for one that nobody recorded', () => {
  const nearest: Ancestor = { ...row('parent'), known: true };
  const { process: _, ...told } = row('', { pid: 4, image: 'C:\\Windows\\explorer.exe' });
  const unseen: Ancestor = { ...told, known: false };
  const chain = chainOf(row('self'), [nearest, unseen]);
  expect(chain.map(({ process, parent, unseen }) => ({ process, parent, unseen }))).toEqual([
    { process: 'unseen 1', parent: undefined, unseen: true },
    { process: 'parent', parent: 'unseen 1', unseen: undefined },
    { process: 'self', parent: 'parent', unseen: undefined },
  ]);
});
