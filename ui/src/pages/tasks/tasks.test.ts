import { expect, it } from 'vitest';
import { coreShare } from '../stations/reportFacts';
import { isDiagnosis } from './Diagnosed';
import { isOpen } from './TaskState';
import { taskHref } from './taskHref';

const hello = { machine: {}, stream: {}, sensor: {}, self: {} };

it('takes only for a diagnosis what can be shown as one', () => {
  expect(isDiagnosis({ hello, log: ['a'], threads: '' })).toBe(true);
  expect(isDiagnosis({ hello, log: 'a', threads: '' })).toBe(false);
  expect(isDiagnosis({ hello, log: [{}], threads: '' })).toBe(false);
  expect(isDiagnosis({ hello: { ...hello, stream: null }, log: [], threads: '' })).toBe(false);
  expect(isDiagnosis(['<img>'])).toBe(false);
  expect(isDiagnosis(null)).toBe(false);
});

it('knows which tasks may still come to something', () => {
  expect((['queued', 'sent', 'running'] as const).every((state) => isOpen({ state }))).toBe(true);
  const over = ['done', 'failed', 'refused', 'cancelled', 'expired'] as const;
  expect(over.some((state) => isOpen({ state }))).toBe(false);
});

it('leads to a task among those of its station', () => {
  expect(taskHref({ id: 7, station: { id: 3, name: 'x' } })).toBe('/stations/3?tab=tasks&p=7');
});

it('tells what an agent takes of a core only after it has run for a while', () => {
  const report = (now: string, cpu_seconds: number) =>
    ({ agent_began: '2026-11-20T08:00:00Z', now, self: { cpu_seconds } }) as Parameters<typeof coreShare>[0];
  expect(coreShare(report('2026-11-20T08:10:00Z', 6))).toBeCloseTo(0.01);
  expect(coreShare(report('2026-11-20T08:00:30Z', 6))).toBeUndefined();
});
