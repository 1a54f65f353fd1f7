import { describe, expect, it } from 'vitest';
import type { ClientPackage } from '@/api/types';
import { newKey } from '../settings/keyDraft';
import {
  addressFault,
  addressOf,
  bodyOf,
  emptyDraft,
  nearest,
  optionCount,
  optionFaults,
  packageOf,
  pastedAddress,
  proposedAddress,
  unready,
} from './draft';

const kind = (id: string): ClientPackage => {
  const [system, arch, format] = id.split('-') as [ClientPackage['system'], ClientPackage['arch'], 'exe'];
  return { id, system, arch, format, version: '1', size: 1, signed: false, source: 'carried' };
};
const packages = ['windows-amd64-exe', 'windows-arm64-exe', 'windows-amd64-msi', 'linux-arm64-tar'].map(kind);
const limits = { spool_least: 4 << 20, spool_most: 2 ** 40 };

describe('the address', () => {
  it.each([
    ['jefe', { host: 'jefe' }],
    [' https://jefe.example.org:8444/ ', { host: 'jefe.example.org', port: '8444' }],
    ['https://jefe.example.org/client?tab=x', { host: 'jefe.example.org' }],
    ['jefe:9', { host: 'jefe', port: '9' }],
    ['[fe80::1]:8444', { host: '[fe80::1]', port: '8444' }],
    ['fe80::1', { host: 'fe80::1' }],
    ['two words', { host: 'two words' }],
    ['', { host: '' }],
  ])('%j is taken apart as far as it can be', (typed, parts) => {
    expect(pastedAddress(typed)).toEqual(parts);
  });

  it.each([
    ['', '8444', 'missing'],
    ['two words', '8444', 'host'],
    ['name@jefe', '8444', 'host'],
    ['a'.repeat(254), '8444', 'host'],
    ['jefe', '', 'port'],
    ['jefe', '0', 'port'],
    ['jefe', '65536', 'port'],
    ['jefe', '84.4', 'port'],
    ['jefe', ' 65535 ', undefined],
    ['[::1]', '1', undefined],
  ])('%j and %j is %s', (host, port, fault) => {
    expect(addressFault({ host, port })).toBe(fault);
  });

  it('is written as agents take it', () => {
    expect(addressOf({ host: ' jefe ', port: ' 8444' })).toBe('https://jefe:8444');
    expect(addressOf({ host: 'fe80::1', port: '1' })).toBe('https://[fe80::1]:1');
    expect(addressOf({ host: '[fe80::1]', port: '1' })).toBe('https://[fe80::1]:1');
  });

  it('is proposed as the browser has it, but never the reader’s own machine', () => {
    const server = { address: '', host: 'jefe', port: 8444, listening: true, names: [] };
    expect(proposedAddress(server, '10.0.0.2')).toEqual({ host: '10.0.0.2', port: '8444' });
    for (const own of ['localhost', '127.0.0.1', '[::1]']) {
      expect(proposedAddress(server, own).host, own).toBe('jefe');
    }
    expect(proposedAddress({ ...server, host: '', port: 0 }, 'localhost')).toEqual({ host: 'localhost', port: '' });
  });
});

it('finds the package that is meant, and one beside it', () => {
  expect(packageOf(packages, 'windows-amd64-msi')?.id).toBe('windows-amd64-msi');
  expect(packageOf(packages, 'nonsense')?.id).toBe('windows-amd64-exe');
  expect(packageOf([], 'windows-amd64-msi')).toBeUndefined();
  expect(nearest(packages, 'exe', 'arm64')?.id).toBe('windows-arm64-exe');
  expect(nearest(packages, 'msi', 'arm64')?.id).toBe('windows-amd64-msi');
  expect(nearest(packages, 'deb', 'amd64')).toBeUndefined();
});

describe('the options', () => {
  it.each([
    [{}, {}],
    [{ spool: '4' }, {}],
    [{ spool: '3' }, { spool: 'number' }],
    [{ spool: '1.5' }, { spool: 'number' }],
    [{ spool: '1048577' }, { spool: 'number' }],
    [{ proxy: 'own' as const }, { proxy: 'address' }],
    [{ proxy: 'own' as const, proxyAddress: 'proxy:3128' }, { proxy: 'address' }],
    [{ proxy: 'own' as const, proxyAddress: ' http://u:p@proxy:3128 ' }, {}],
    [{ proxy: 'none' as const, proxyAddress: 'left over' }, {}],
  ])('%j: %j', (change, faults) => {
    const found = optionFaults({ ...emptyDraft, ...change }, limits);
    expect(Object.fromEntries(Object.entries(found).filter(([, fault]) => fault))).toEqual(faults);
  });

  it('are counted where they are not as usual', () => {
    expect(optionCount(emptyDraft)).toBe(0);
    expect(optionCount({ ...emptyDraft, endProcess: true, proxy: 'none', spool: '9', sensor: 'poll' })).toBe(4);
  });
});

describe('what is asked of the server', () => {
  const asked = {
    package: packages[0]!,
    address: { host: 'jefe', port: '8444' },
    key: { ...newKey, name: ' office ', uses: '3', days: '7', labels: ['desks'] },
    draft: emptyDraft,
  };

  it.each([
    [{}, []],
    [{ key: 7 }, []],
    [{ key: newKey }, ['with']],
    [{ key: { ...newKey, name: 'x', uses: 'many' } }, ['with']],
    [{ address: { host: 'jefe', port: '' } }, ['where']],
    [{ draft: { ...emptyDraft, spool: '1' } }, ['options']],
    [{ draft: { ...emptyDraft, proxy: 'own' as const }, address: { host: '', port: '1' } }, ['where', 'options']],
  ])('%j lacks %j', (change, parts) => {
    expect(unready({ ...asked, ...change }, limits)).toEqual(parts);
  });

  it('leaves out what is as usual', () => {
    const now = Date.UTC(2026, 10, 24);
    expect(JSON.parse(JSON.stringify(bodyOf(asked, now)))).toEqual({
      package: 'windows-amd64-exe',
      server: 'https://jefe:8444',
      new_key: { name: 'office', labels: ['desks'], max_uses: 3, expires: '2026-12-01T00:00:00.000Z' },
    });
    const draft = { ...emptyDraft, endProcess: true, proxy: 'none' as const, spool: ' 8 ', sensor: 'poll' };
    expect(JSON.parse(JSON.stringify(bodyOf({ ...asked, key: 7, draft }, now)))).toEqual({
      package: 'windows-amd64-exe',
      server: 'https://jefe:8444',
      key_id: 7,
      end_process: true,
      proxy: 'none',
      spool_bytes: 8 << 20,
      sensor: 'poll',
    });
    const own = { ...emptyDraft, proxy: 'own' as const, proxyAddress: ' http://proxy:3128 ' };
    expect(bodyOf({ ...asked, draft: own }, now).proxy).toBe('http://proxy:3128');
  });
});
