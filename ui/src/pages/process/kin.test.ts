import { expect, it } from 'vitest';
import { depthFirst } from './kin';

it('puts each descendant below its parent, however late it started', () => {
  const of = (process: string, parent: string) => ({ process, parent });
  const byStart = [of('a', 'root'), of('b', 'root'), of('a1', 'a'), of('b1', 'b'), of('a2', 'a'), of('a11', 'a1')];
  expect(depthFirst('root', byStart).map((each) => each.process)).toEqual(['a', 'a1', 'a11', 'a2', 'b', 'b1']);
});

it('shows nothing twice, and ends where two processes claim to have started each other', () => {
  const byStart = [
    { process: 'a', parent: 'b' },
    { process: 'b', parent: 'a' },
  ];
  expect(depthFirst('root', byStart)).toEqual([]);
});
