import { expect, it } from 'vitest';
import { commandOf, type TreeCommand } from './keys';
import { emptyState, indexTree, type TreeItem, type TreeState, toggled, visibleRows } from './tree';

const item = (process: string, parent: string | undefined, children = 0): TreeItem => ({
  process,
  parent,
  pid: 1,
  image: process,
  children,
});

const many = Array.from({ length: 20 }, (_, i) =>
  item(
    `b${i}`.replace(/\d/g, (d) => 'abcdefghij'[+d]!),
    'b',
  ),
);
const index = indexTree(
  [item('up', undefined), item('self', 'up', 2)],
  [[item('a', 'self'), item('b', 'self', 20), ...many]],
  3,
);

/** The rows: 0 up, 1 siblings, 2 self, 3 a, 4 b, 5.. its children, and one for more. */
const press = (key: string, current: number, state: TreeState = emptyState, more = {}) => {
  const rows = visibleRows(index, state);
  const command: TreeCommand | undefined = commandOf({ key, ...more }, rows, current);
  if (!command) return undefined;
  if (command.do === 'go') return `go ${command.to}`;
  return 'row' in command
    ? `${command.do} ${command.row.key}${'open' in command ? ` ${command.open}` : ''}`
    : command.do;
};

it('walks up and down and stops at the ends', () => {
  const last = visibleRows(index, emptyState).length - 1;
  expect(press('ArrowDown', 2)).toBe('go 3');
  expect(press('ArrowUp', 0)).toBe('go 0');
  expect(press('ArrowDown', last)).toBe(`go ${last}`);
  expect(press('Home', 5)).toBe('go 0');
  expect(press('End', 0)).toBe(`go ${last}`);
  expect(press('ArrowDown', -1)).toBe('go 0');
});

it('opens and enters with right, closes and leaves with left', () => {
  const closed = toggled(emptyState, 'b', false);
  expect(press('ArrowRight', 4, closed)).toBe('toggle b true');
  expect(press('ArrowRight', 4)).toBe('go 5');
  expect(press('ArrowRight', 3)).toBeUndefined();
  expect(press('ArrowLeft', 4)).toBe('toggle b false');
  expect(press('ArrowLeft', 6)).toBe('go 4');
  expect(press('ArrowLeft', 3)).toBe('go 2');
  expect(press('ArrowLeft', 0)).toBeUndefined();
});

it('enters a page, opens what is folded, shows more of what is many', () => {
  const more = visibleRows(index, emptyState).length - 1;
  expect(press('Enter', 3)).toBe('visit a');
  expect(press('Enter', 3, emptyState, { ctrlKey: true })).toBe('visit a');
  expect(press('Enter', 1)).toBe('toggle siblings true');
  expect(press('Enter', more)).toBe('unfold more b');
  expect(press('*', 2)).toBe('expand self');
  expect(press('m', 3)).toBe('menu a');
  expect(press('m', more)).toBeUndefined();
});

it('finds, and goes from match to match', () => {
  expect(press('f', 0)).toBe('find');
  expect(press('f', 0, emptyState, { ctrlKey: true })).toBe('find');
  expect(press('n', 0)).toBe('match');
  expect(press('N', 0)).toBe('match');
  expect(press('c', 0, emptyState, { ctrlKey: true })).toBeUndefined();
});
