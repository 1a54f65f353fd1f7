import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { heldBy } from '../rights';
import en from './en.json';
import es from './es.json';
import { privilegesRanked } from './ranks';

const names = readFileSync('../internal/event/privileges.txt', 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(' ')[1]!)
  .sort();

it('ranks and explains every privilege of Windows in each language', () => {
  expect(privilegesRanked.map(({ name }) => name).sort()).toEqual(names);
  expect(Object.keys(en).sort()).toEqual(names);
  expect(Object.keys(es).sort()).toEqual(names);
});

it('puts the dangerous ones first, and one that it does not know before the harmless', () => {
  const held = heldBy(
    privilegesRanked,
    ['SeChangeNotifyPrivilege', 'SeImpersonatePrivilege'],
    ['SeChangeNotifyPrivilege'],
    ['SeShutdownPrivilege', 'SeDebugPrivilege', 'SeNewPrivilege'],
  );
  expect(held.map(({ name, enabled, byDefault }) => [name, enabled, byDefault])).toEqual([
    ['SeDebugPrivilege', false, false],
    ['SeImpersonatePrivilege', true, false],
    ['SeNewPrivilege', false, false],
    ['SeShutdownPrivilege', false, false],
    ['SeChangeNotifyPrivilege', true, true],
  ]);
});
