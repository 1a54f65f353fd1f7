import { expect, it } from 'vitest';
import type { AuditEntry } from '@/api/types';
import { translator } from '@/app/i18n';
import { en } from '@/app/i18n/en';
import { makeFormat } from '@/app/i18n/format';
import { actionText, auditFacts, subjectHref } from './auditFacts';

const t = translator(en);
const fmt = makeFormat('en', 'utc');
const entry = (action: string, detail: Record<string, unknown>, subject = 'ACC-01'): AuditEntry => ({
  id: 1,
  time: '2026-11-20T08:00:00Z',
  who: 'ana',
  action,
  subject,
  detail,
});
const facts = (action: string, detail: Record<string, unknown>) =>
  auditFacts(entry(action, detail), t, fmt).map(({ name, text }) => `${name}: ${text}`);

it('writes what is known in words', () => {
  expect(facts('task.add', { id: 7, station: 3, verb: 'fetch_file', why: 'looks odd', sha256: 'ab' })).toEqual([
    'Task: Fetch file',
    'Why: looks odd',
    'SHA-256: ab',
  ]);
  expect(facts('user.change', { role: 'analyst', disabled: false })).toEqual(['Role: Analyst', 'Disabled: No']);
  expect(facts('enrolment-key.add', { id: 1, labels: ['a', 'b'], max_uses: 1200, expires: null })).toEqual([
    'Labels: a, b',
    'May be used: 1,200',
  ]);
  expect(facts('events.export', { from: '0001-01-01T00:00:00Z', to: '2026-11-20T08:00:00Z', format: 'csv' })).toEqual([
    'Until: 2026-11-20 08:00:00',
    'Format: csv',
  ]);
});

it('knows what a member means in an action', () => {
  expect(facts('session.begin', { from: '192.0.2.7' })).toEqual(['Address: 192.0.2.7']);
  expect(facts('station.part', { id: 4, from: 3, from_name: 'ACC-01', address: '192.0.2.7' })).toEqual([
    'Parted from: ACC-01',
    'Address: 192.0.2.7',
  ]);
});

it('tells what a client was made of, and who fetched it from where', () => {
  const made = {
    package: 'windows-amd64-exe',
    key: 7,
    key_name: 'office',
    spool_bytes: 8 << 20,
    sensor: '',
    proxy: false,
  };
  expect(facts('client.make', made)).toEqual([
    'With the key: office',
    'Client: windows-amd64-exe',
    'With a proxy: No',
    'Waiting events: 8\u00a0MiB',
  ]);
  expect(facts('client.download', { from: '192.0.2.7' })).toEqual(['Address: 192.0.2.7']);
});

it('hides nothing that it does not know', () => {
  expect(actionText('rule.add', t)).toBe('rule.add');
  expect(facts('rule.add', { level: 'high', more: { a: 1 } })).toEqual(['level: high', 'more: {"a":1}']);
});

it('leads to what it was done to', () => {
  expect(subjectHref(entry('station.rename', { id: 4 }))).toBe('/stations/4');
  expect(subjectHref(entry('task.add', { id: 9, station: 4 }))).toBe('/stations/4?tab=tasks');
  expect(subjectHref(entry('file.download', {}, 'ab'))).toBe('/binaries/ab');
  expect(subjectHref(entry('station.remove', { id: 4 }))).toBeUndefined();
  expect(subjectHref(entry('user.add', { id: 4 }))).toBeUndefined();
});
