import { expect, it } from 'vitest';
import { keyFaults } from './keyDraft';

it('says as one types what is wrong with a key', () => {
  expect(keyFaults({ name: '', uses: '' })).toEqual({});
  expect(keyFaults({ name: ' office ', uses: ' 20 ' })).toEqual({});
  expect(keyFaults({ name: 'x'.repeat(129), uses: '' }).name).toBe('long');
  for (const uses of ['0', '-1', '1.5', '1e3', 'many', '1000001']) {
    expect(keyFaults({ name: 'x', uses }).uses, uses).toBe('number');
  }
});
