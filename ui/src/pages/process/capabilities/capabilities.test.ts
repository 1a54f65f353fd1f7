import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { heldBy } from '../rights';
import en from './en.json';
import es from './es.json';
import { capabilitiesRanked } from './ranks';

const names = readFileSync('../internal/event/capabilities.txt', 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(' ')[1]!)
  .sort();

it('ranks and explains every capability of Linux in each language', () => {
  expect(capabilitiesRanked.map(({ name }) => name).sort()).toEqual(names);
  expect(Object.keys(en).sort()).toEqual(names);
  expect(Object.keys(es).sort()).toEqual(names);
});

it('gives full control to those that make a process elevated, and to no others', () => {
  const agent = readFileSync('../internal/agent/sensor/linuxproc/facts.go', 'utf8');
  const powerful = agent.slice(agent.indexOf('const powerful'), agent.indexOf('// elevated tells'));
  const elevating = [...powerful.matchAll(/\/\/ (CAP_\w+)/g)].map(([, name]) => name!.toLowerCase());
  const machine = capabilitiesRanked.filter(({ danger }) => danger === 'machine');
  expect(machine.map(({ name }) => name).sort()).toEqual(elevating.sort());
});

it('tells those that can be taken up from those in force', () => {
  const held = heldBy(capabilitiesRanked, ['cap_net_bind_service', 'cap_sys_admin'], [], ['cap_net_raw']);
  expect(held.map(({ name, enabled }) => [name, enabled])).toEqual([
    ['cap_sys_admin', true],
    ['cap_net_raw', false],
    ['cap_net_bind_service', true],
  ]);
});
