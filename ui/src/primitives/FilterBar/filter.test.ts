import { beforeEach, describe, expect, it } from 'vitest';
import type { QueryField } from '@/api/types';
import { applyField, applyValue, findField, isCounted, knownValues, matchFields, placeAt } from './completion';
import { forgetFilters, noteFilter, recentFilters } from './history';
import { addTerm, dropTerm, hasTerm, quoteValue, rangeOf, removeTerm, termFor, termForAny, within } from './terms';

const fields: QueryField[] = [
  { name: 'image', sigma: 'Image', type: 'text', description: '' },
  { name: 'parent_image', sigma: 'ParentImage', type: 'text', description: '' },
  { name: 'imphash', sigma: 'Imphash', type: 'hash', description: '' },
  { name: 'user', sigma: 'User', type: 'text', description: '' },
  { name: 'integrity', sigma: 'IntegrityLevel', type: 'enum', description: '', values: ['low', 'high'] },
  { name: 'signed', type: 'boolean', description: '' },
];

/** Writes the caret as "|". */
function at(marked: string) {
  const caret = marked.indexOf('|');
  return { text: marked.replace('|', ''), caret };
}

describe('placeAt', () => {
  it.each([
    ['|', { kind: 'field', prefix: '', start: 0, end: 0 }],
    ['im|', { kind: 'field', prefix: 'im', start: 0, end: 2 }],
    ['user:bob im|age', { kind: 'field', prefix: 'im', start: 9, end: 14 }],
    ['-im|', { kind: 'field', prefix: 'im', start: 1, end: 3 }],
    ['(im|', { kind: 'field', prefix: 'im', start: 1, end: 3 }],
    ['user:|', { kind: 'value', field: 'user', operator: '', prefix: '', start: 5, end: 5 }],
    ['user:bo|b x', { kind: 'value', field: 'user', operator: '', prefix: 'bo', start: 5, end: 8 }],
    ['write_ops:>=10|', { kind: 'value', field: 'write_ops', operator: '>=', prefix: '10', start: 12, end: 14 }],
    ['user:"NT A|', { kind: 'value', field: 'user', operator: '', prefix: 'NT A', start: 5, end: 10 }],
    ['user:"NT A|UTH" x', { kind: 'value', field: 'user', operator: '', prefix: 'NT A', start: 5, end: 14 }],
    ['image:C:\\x|', { kind: 'value', field: 'image', operator: '', prefix: 'C:\\x', start: 6, end: 10 }],
    ['user:"bob"|', undefined],
    ['"bare phr|', undefined],
  ])('%s', (marked, want) => {
    const { text, caret } = at(marked);
    expect(placeAt(text, caret)).toEqual(want);
  });
});

describe('completion', () => {
  it('puts fields that begin with the prefix first, and knows the names of Sigma', () => {
    expect(matchFields(fields, 'im').map((f) => f.name)).toEqual(['image', 'imphash', 'parent_image']);
    expect(matchFields(fields, 'IntegrityL').map((f) => f.name)).toEqual(['integrity']);
    expect(findField(fields, 'parentimage')?.name).toBe('parent_image');
  });
  it('knows short lists of values', () => {
    expect(knownValues(findField(fields, 'signed'))).toEqual(['true', 'false']);
    expect(knownValues(findField(fields, 'integrity'))).toEqual(['low', 'high']);
    expect(knownValues(findField(fields, 'user'))).toBeUndefined();
  });
  it('tells what is worth counting', () => {
    const of = (name: string, type: QueryField['type']) => isCounted({ name, type, description: '' });
    expect([of('user', 'text'), of('exit_code', 'number'), of('signed', 'boolean'), of('sha256', 'hash')]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect([of('time', 'time'), of('prevalence', 'number'), of('write_ops', 'number'), of('seq', 'number')]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
  it('writes what was chosen and leaves the rest', () => {
    const field = at('a im| b');
    expect(applyField(field.text, placeAt(field.text, field.caret)!, 'image')).toEqual({
      text: 'a image: b',
      caret: 8,
    });
    const value = at('user:no| b');
    expect(applyValue(value.text, placeAt(value.text, value.caret)!, 'NT AUTHORITY\\SYSTEM')).toEqual({
      text: 'user:"NT AUTHORITY\\SYSTEM" b',
      caret: 27,
    });
  });
});

describe('terms', () => {
  it.each([
    ['bob', 'bob'],
    ['ACC-07', 'ACC-07'],
    ['-x', '"-x"'],
    ['OR', '"OR"'],
    ['or', 'or'],
    ['*.exe', '"[*].exe"'],
    ['\\??\\C:\\a', '"\\[?][?]\\C:\\a"'],
    ['a[1] [*]', '"a[1] [[][*]]"'],
    ['C:\\Windows\\cmd.exe', '"C:\\Windows\\cmd.exe"'],
    ['C:\\Windows\\', '"C:\\Windows\\\\"'],
    ['\\\\server\\share', '"\\\\server\\share"'],
    ['\\"', '"\\\\\\""'],
    ['say "hi"', '"say \\"hi\\""'],
    ['', '""'],
  ])('quotes %j', (value, want) => expect(quoteValue(value)).toBe(want));

  it('narrows a filter', () => {
    const bob = termFor('user', 'bob');
    expect(addTerm('', bob)).toBe('user:bob');
    expect(addTerm('image:x', bob)).toBe('image:x user:bob');
    expect(addTerm('image:x user:bob', bob)).toBe('image:x user:bob');
    expect(addTerm('image:x user:bob', termFor('user', 'bob', true))).toBe('image:x -user:bob');
    expect(addTerm('a OR b', bob)).toBe('(a OR b) user:bob');
    expect(addTerm('"this OR that"', bob)).toBe('"this OR that" user:bob');
    expect(addTerm('(a OR b)', bob)).toBe('(a OR b) user:bob');
  });

  it('names several values at once', () => {
    expect(termForAny('user', ['bob'])).toBe('user:bob');
    expect(termForAny('user', ['bob', 'NT AUTHORITY\\SYSTEM'])).toBe('user:(bob OR "NT AUTHORITY\\SYSTEM")');
    expect(termForAny('user', ['a', 'b'], true)).toBe('-user:(a OR b)');
    // The term is one word, so that it is added, found and dropped like any other.
    const term = termForAny('user', ['a b', 'c']);
    expect(hasTerm(addTerm('image:x', term), term)).toBe(true);
  });

  it('finds and drops a term that is demanded by itself', () => {
    expect(hasTerm('image:x running:true', 'running:true')).toBe(true);
    expect(hasTerm('image:x OR running:true', 'running:true')).toBe(false);
    expect(hasTerm('"a running:true b"', 'running:true')).toBe(false);
    expect(dropTerm('image:x running:true y', 'running:true')).toBe('image:x y');
    expect(dropTerm('running:true', 'running:true')).toBe('');
    expect(dropTerm('image:x OR running:true', 'running:true')).toBe('image:x OR running:true');
  });

  it.each([
    [undefined, 'kind:start'],
    ['bob', 'bob kind:start'],
    ['a OR b', '(a OR b) kind:start'],
    ['"a OR b"', '"a OR b" kind:start'],
    ['kind:stop', 'kind:stop kind:start'],
    // Faulty filters are left for the server to find fault with, and not completed into whole ones.
    ['a) OR (b', 'a) OR (b'],
    ['(a', '(a'],
    ['"a', '"a'],
  ])('keeps %j within a scope', (q, want) => expect(within('kind:start', q)).toBe(want));

  it('counts as the server does, in code points', () => {
    const q = '🙂🙂 user:bob';
    expect(rangeOf(q, 3, 8)).toEqual({ start: 5, end: 13 });
    const terms = [
      { text: '🙂🙂', position: 0, length: 2, negated: false },
      { text: 'user:bob', position: 3, length: 8, negated: false },
    ];
    expect(removeTerm(q, terms, 0)).toBe('user:bob');
    expect(removeTerm(q, terms, 1)).toBe('🙂🙂');
  });
});

describe('history', () => {
  beforeEach(forgetFilters);
  it('keeps the newest first, once, and only so many', () => {
    for (let i = 0; i < 30; i++) noteFilter(`pid:${i}`);
    noteFilter('pid:25');
    noteFilter('  ');
    expect(recentFilters().slice(0, 3)).toEqual(['pid:25', 'pid:29', 'pid:28']);
    expect(recentFilters()).toHaveLength(20);
  });
});
