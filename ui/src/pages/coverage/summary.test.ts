import { expect, it } from 'vitest';
import type { Coverage } from '@/api/types';
import { translator } from '@/app/i18n';
import { en } from '@/app/i18n/en';
import { es } from '@/app/i18n/es';
import { makeFormat } from '@/app/i18n/format';
import { coverageText, offsetText, spanText } from './summary';

const t = translator(en);
const fmt = makeFormat('en', 'utc');
const now = Date.parse('2026-11-20T15:00:00Z');
const whole: Coverage = {
  complete: true,
  gaps: 0,
  stations: 0,
  lost: 0,
  lost_unknown: false,
  silent: 0,
  behind: 0,
  causes: [],
};
const text = (coverage: Partial<Coverage>) => coverageText({ ...whole, complete: false, ...coverage }, t, fmt, now);
const blind = { gaps: 3, stations: 2, from: '2026-11-20T14:02:00Z', to: '2026-11-20T14:09:00Z' };

it('says who was blind, when, what is missing, who is silent and who behind', () => {
  expect(text({ ...blind, lost: 1204, silent: 1, behind: 3 })).toBe(
    '2 stations blind 14:02–14:09, about 1,204 events missing; 1 silent; 3 behind',
  );
});

it('does not claim to know how much is missing', () => {
  expect(text({ ...blind, lost: 5, lost_unknown: true })).toContain('at least 5 events missing');
  expect(text({ ...blind, lost_unknown: true })).toContain('nobody knows how many events are missing');
  expect(text(blind)).toBe('2 stations blind 14:02–14:09');
});

it('tells of gaps that hide no event', () => {
  expect(text({ gaps: 1 })).toBe('1 span with missing details or unsure times');
  expect(text({ silent: 2 })).toBe('2 silent');
});

it('says the same in Spanish', () => {
  expect(
    coverageText({ ...whole, ...blind, lost: 1, silent: 1, behind: 2 }, translator(es), makeFormat('es', 'utc'), now),
  ).toBe('2 estaciones a ciegas 14:02–14:09, falta cerca de 1 evento; 1 en silencio; 2 atrasadas');
});

it('names the day of a span unless it is today', () => {
  expect(spanText('2026-11-20T14:02:00Z', '2026-11-20T14:02:00Z', fmt, now)).toBe('14:02:00');
  expect(spanText('2026-11-20T14:02:10Z', '2026-11-20T14:03:00Z', fmt, now)).toBe('14:02:10–14:03:00');
  expect(spanText('2026-11-19T14:02:10Z', '2026-11-19T15:03:00Z', fmt, now)).toBe('2026-11-19 14:02–15:03');
  expect(spanText('2026-11-19T23:02:10Z', '2026-11-20T01:03:00Z', fmt, now)).toBe(
    '2026-11-19 23:02 – 2026-11-20 01:03',
  );
});

it('says on which side a clock is wrong', () => {
  expect(offsetText(3200, t, fmt)).toBe('3.2\u00a0s behind');
  expect(offsetText(-3_600_000, t, fmt)).toBe('1\u00a0h ahead');
  expect(offsetText(-999, t, fmt)).toBe('in step with the server');
  expect(offsetText(400 * 86_400_000 + 5, t, fmt)).toBe('400\u00a0d behind');
});
