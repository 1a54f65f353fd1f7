import { expect, it } from 'vitest';
import type { Binary } from '@/api/types';
import { bestHash, formerName } from './describe';

it.each([
  ['cmd.exe', 'Cmd.Exe', undefined],
  ['cmd.exe', 'Cmd.Exe.MUI', undefined],
  ['psexesvc.exe', 'psexesvc', undefined],
  ['svchost.exe', 'mimikatz.exe', 'mimikatz.exe'],
  ['C:\\temp\\a.exe', 'a.exe', undefined],
  ['a.exe', ' ', undefined],
  ['a.exe', '?', undefined],
  ['a.exe', undefined, undefined],
])('says of %s, built as %s, that its name was %s', (name, original_file_name, want) => {
  expect(formerName({ name, original_file_name })).toBe(want);
});

it('takes the strongest hash there is', () => {
  const binary = { sha1: 'b'.repeat(40), md5: 'c'.repeat(32) } as Binary;
  expect(bestHash(binary)).toEqual({ name: 'sha1', value: 'b'.repeat(40) });
  expect(bestHash({} as Binary)).toBeUndefined();
});
