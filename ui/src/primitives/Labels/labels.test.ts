import { expect, it } from 'vitest';
import { labelFault, longestLabel, mostLabels, tidyLabel, typedLabels, withLabels } from './labels';

it('keeps labels tidy, and none twice', () => {
  expect(tidyLabel('  ground \t floor ')).toBe('ground floor');
  expect(typedLabels(' a, b ,, c d ')).toEqual(['a', 'b', 'c d']);
  expect(typedLabels(' ')).toEqual([]);
  expect(withLabels(['a'], ['b', 'a', 'b'])).toEqual(['a', 'b']);
});

it('says what is wrong with labels before the server has to', () => {
  expect(labelFault(['x'.repeat(longestLabel)], [])).toBeUndefined();
  expect(labelFault(['a', 'x'.repeat(longestLabel + 1)], [])).toBe('long');
  const full = Array.from({ length: mostLabels }, (_, i) => `l${i}`);
  expect(labelFault(['one more'], full)).toBe('many');
  expect(labelFault(['l0'], full)).toBeUndefined();
});
