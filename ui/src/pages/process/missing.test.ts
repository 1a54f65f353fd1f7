import { expect, it } from 'vitest';
import type { EventRow } from '@/api/types';
import { translator } from '@/app/i18n';
import { en } from '@/app/i18n/en';
import { es } from '@/app/i18n/es';
import { makeFormat } from '@/app/i18n/format';
import { entropy, missing } from './missing';

const row = (missing?: string): EventRow => ({
  id: '1',
  kind: 'start',
  time: '2026-01-03T10:00:00Z',
  station: 'ACC-07',
  station_id: 1,
  process: 'p',
  pid: 100,
  sensor: 'etw',
  origin: 'live',
  missing,
});

const told = (missed: string | undefined, texts = en) =>
  missing(row(missed), translator(texts)).map(({ name, shown }) => [name, shown]);

it('says in words what the station could not learn and why', () => {
  expect(told('hashes=gone signer=denied')).toEqual([
    ['Hashes', 'It was gone before it could be read.'],
    ['Signature', 'The agent was not allowed to read it.'],
  ]);
  expect(told('container=exited', es)).toEqual([
    ['Contenedor', 'El proceso había terminado antes de que el agente pudiera preguntar.'],
  ]);
  expect(told(undefined)).toEqual([]);
});

it('shows what a newer agent says, and hides what somebody put into it', () => {
  expect(told('flux=melted constructor=lead_x')).toEqual([
    ['flux', 'melted'],
    ['constructor', 'lead_x'],
  ]);
  expect(told('\u202eflux=gone')[0]![0]).not.toContain('\u202e');
  expect(told('flux')).toEqual([['flux', 'It could not be read.']]);
});

it('offers to look for the same lack', () => {
  expect(missing(row('hashes=gone'), translator(en))[0]!.value).toEqual({ field: 'missing', value: 'hashes=gone' });
});

it('says what the entropy at the entry point may mean', () => {
  const t = translator(en);
  const fmt = makeFormat('en', 'utc');
  expect(entropy(2.5, t, fmt)).toMatch(/^2\.50 bits per byte, less than/);
  expect(entropy(6, t, fmt)).toBe('6.00 bits per byte');
  expect(entropy(7.91, t, fmt)).toMatch(/encrypted/);
  expect(entropy(2.5, translator(es), makeFormat('es', 'utc'))).toMatch(/^2,50 bits por byte/);
});
