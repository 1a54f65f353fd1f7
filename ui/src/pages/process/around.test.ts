import { expect, it } from 'vitest';
import type { EventRow } from '@/api/types';
import { translator } from '@/app/i18n';
import { en } from '@/app/i18n/en';
import { makeFormat } from '@/app/i18n/format';
import { spansOf } from './around';

const event = (process: string, kind: EventRow['kind'], more: Partial<EventRow> = {}): EventRow => ({
  id: `${process}-${kind}`,
  kind,
  time: '2026-01-03T10:00:00Z',
  station: 'ACC-07',
  station_id: 1,
  process,
  pid: 100,
  sensor: 'etw',
  origin: 'live',
  ...more,
});

it('draws each process once, from its start to its end, and says how it is related', () => {
  const self = event('self', 'start', { started: '2026-01-03T10:00:00Z', parent_process: 'up' });
  const spans = spansOf(
    self,
    [
      event('up', 'start', { started: '2026-01-03T09:59:00Z' }),
      event('child', 'start', { started: '2026-01-03T10:01:00Z', parent_process: 'self' }),
      event('child', 'stop', {
        started: '2026-01-03T10:01:00Z',
        stopped: '2026-01-03T10:02:00Z',
        parent_process: 'self',
      }),
      event('late', 'stop', { time: '2026-01-03T10:03:00Z' }),
      event('self', 'stop'),
    ],
    translator(en),
    makeFormat('en', 'utc'),
  );
  expect(spans.map(({ key, kind, to, open }) => [key, kind, to && new Date(to).toISOString(), open])).toEqual([
    ['self', 'marked', undefined, false],
    ['up', 'parent', undefined, false],
    ['child', 'child', '2026-01-03T10:02:00.000Z', false],
    ['late', undefined, '2026-01-03T10:03:00.000Z', true],
  ]);
});
