import { describe, expect, it } from 'vitest';
import { found } from './find';
import {
  emptyState,
  expanded,
  indexTree,
  revealed,
  shapeOf,
  siblingsKey,
  type TreeIndex,
  type TreeItem,
  type TreeRow,
  type TreeState,
  toggled,
  unfolded,
  visibleRows,
} from './tree';

const at = (second: number) => new Date(Date.UTC(2026, 0, 3, 10, 0, second)).toISOString();

const item = (process: string, parent: string | undefined, more: Partial<TreeItem> = {}): TreeItem => ({
  process,
  parent,
  pid: 100,
  image: `C:\\${process}.exe`,
  command_line: process,
  started: at(0),
  children: 0,
  ...more,
});

/** Processes with words for names, so that no two of them are alike. */
const word = (n: number): string => [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
const many = (n: number, parent: string, more: Partial<TreeItem> = {}) =>
  Array.from({ length: n }, (_, i) => item(`${parent}-${word(i)}`, parent, { started: at(i), ...more }));

/** A row as one line of text. */
const draw = (row: TreeRow): string => {
  const sign = row.kind === 'more' || row.open === undefined ? '·' : row.open ? 'v' : '>';
  const text = {
    process: () => (row.kind === 'process' ? row.item.process : ''),
    repeats: () => (row.kind === 'repeats' ? `× ${row.items.length}` : ''),
    siblings: () => (row.kind === 'siblings' ? `and ${row.count}` : ''),
    more: () => (row.kind === 'more' ? `${row.shown} of ${row.total}${row.missing ? ' missing' : ''}` : ''),
  }[row.kind]();
  return `${'  '.repeat(row.depth)}${sign} ${text}`;
};
const drawn = (index: TreeIndex, state: TreeState = emptyState) => visibleRows(index, state).map(draw);
const root = (children: number) => [item('root', undefined, { children })];

describe('visibleRows', () => {
  it('leads down the ancestors to the marked process and opens what it started', () => {
    const chain = [
      item('unseen', undefined, { unseen: true }),
      item('up', 'unseen'),
      item('self', 'up', { children: 2 }),
    ];
    const index = indexTree(chain, [[item('a', 'self', { children: 1 }), item('b', 'self'), item('aa', 'a')]], 0);
    expect(drawn(index)).toEqual(['· unseen', '  · up', '    v self', '      v a', '        · aa', '      · b']);
  });

  it('folds the siblings of the marked process into one row before it', () => {
    const index = indexTree([item('up', undefined), item('self', 'up')], [[item('x', 'up'), item('y', 'up')]], 2);
    expect(drawn(index)).toEqual(['· up', '  > and 2', '  · self']);
    expect(drawn(index, toggled(emptyState, siblingsKey, true))).toEqual([
      '· up',
      '  v and 2',
      '    · x',
      '    · y',
      '  · self',
    ]);
  });

  it('says what of the siblings is not loaded', () => {
    const index = indexTree([item('up', undefined), item('self', 'up')], [], 14);
    expect(drawn(index, toggled(emptyState, siblingsKey, true)).slice(1)).toEqual([
      '  v and 14',
      '    · 0 of 14 missing',
      '  · self',
    ]);
  });

  it('shows 15 of many, then 100 more, then all', () => {
    const index = indexTree(root(812), [many(812, 'root')], 0);
    const count = (state: TreeState) => drawn(index, state).length;
    expect(drawn(index).at(-1)).toBe('  · 15 of 812');
    const more = unfolded(emptyState, 'root', false);
    expect(drawn(index, more).at(-1)).toBe('  · 115 of 812');
    expect(count(unfolded(more, 'root', true))).toBe(813);
  });

  it('shows exactly 15 without a fold', () => {
    expect(drawn(indexTree(root(15), [many(15, 'root')], 0))).toHaveLength(16);
  });

  it('brings equal siblings together, whatever stands between them, and opens them on request', () => {
    const equal = (n: number) =>
      item(`c${n}`, 'root', { image: 'C:\\conhost.exe', command_line: `conhost.exe 0x${n}f -id ${n}`, started: at(n) });
    const index = indexTree(
      root(5),
      [[equal(1), item('other', 'root', { started: at(2) }), equal(3), equal(4), equal(5)]],
      0,
    );
    expect(drawn(index)).toEqual(['v root', '  > × 4', '  · other']);
    const key = visibleRows(index, emptyState)[1]!.key;
    expect(drawn(index, toggled(emptyState, key, true))).toEqual([
      'v root',
      '  v × 4',
      '    · c1',
      '    · c3',
      '    · c4',
      '    · c5',
      '  · other',
    ]);
    expect(drawn(index, { ...emptyState, apart: true })).toHaveLength(6);
  });

  it('keeps apart what another binary or another user ran, and what started others', () => {
    const same = { image: 'C:\\cmd.exe', command_line: 'cmd', user: 'bob', binary_id: 1 };
    const index = indexTree(
      root(6),
      [
        [
          item('a', 'root', same),
          item('b', 'root', same),
          item('c', 'root', { ...same, binary_id: 2 }),
          item('d', 'root', { ...same, user: 'eve' }),
          item('e', 'root', { ...same, children: 3 }),
          item('f', 'root', same),
        ],
      ],
      0,
    );
    expect(drawn(index)).toEqual(['v root', '  > × 3', '  · c', '  · d', '  v e', '    · 0 of 3 missing']);
  });

  it('folds within what repeats', () => {
    const index = indexTree(root(40), [many(40, 'root', { image: 'C:\\a.exe', command_line: 'a' })], 0);
    const key = visibleRows(index, emptyState)[1]!.key;
    const open = drawn(index, toggled(emptyState, key, true));
    expect(open).toHaveLength(18);
    expect(open.at(-1)).toBe('    · 15 of 40');
  });

  it('opens four levels by itself and deeper ones by hand', () => {
    const line = Array.from({ length: 8 }, (_, i) => item(`p${i}`, i === 0 ? 'root' : `p${i - 1}`, { children: 1 }));
    const index = indexTree(root(1), [line], 0);
    expect(drawn(index).at(-1)).toBe('        > p3');
    expect(drawn(index, toggled(emptyState, 'p3', true)).at(-1)).toBe('          > p4');
  });

  it('says how many there are, and where each stands', () => {
    const index = indexTree(root(812), [many(812, 'root')], 0);
    const rows = visibleRows(index, emptyState);
    expect(rows.slice(1).map(({ position }) => position)).toEqual([
      ...Array.from({ length: 15 }, (_, i) => i + 1),
      812,
    ]);
    expect(new Set(rows.slice(1).map(({ size }) => size))).toEqual(new Set([812]));
  });
});

describe('indexTree', () => {
  it('takes a process that comes twice once, and puts late ones in their place', () => {
    const index = indexTree(
      root(3),
      [
        [item('a', 'root', { started: at(1) }), item('c', 'root', { started: at(3) })],
        [item('b', 'root', { started: at(2) }), item('a', 'root', { started: at(1) })],
      ],
      0,
    );
    expect(index.below.get('root')!.map(({ process }) => process)).toEqual(['a', 'b', 'c']);
  });

  it('ends where two processes claim to have started each other', () => {
    const index = indexTree(root(0), [[item('a', 'b', { children: 1 }), item('b', 'a', { children: 1 })]], 0);
    expect(drawn(index)).toEqual(['· root']);
    expect(found(index, 'a', false)).toEqual([]);
  });
});

describe('finding', () => {
  const chain = [item('up', undefined), item('self', 'up', { children: 812 })];
  const index = indexTree(chain, [[...many(812, 'self'), item('beside', 'up', { command_line: 'NEEDLE here' })]], 1);

  it('finds in names, command lines, users and process ids, in the order of the rows', () => {
    expect(found(index, 'needle', false)).toEqual(['beside']);
    expect(found(index, 'SELF', false)).toEqual(['self', ...many(812, 'self').map(({ process }) => process)]);
    expect(found(index, ' ', false)).toEqual([]);
    expect(found(index, '100', false)).toHaveLength(815);
    expect(found(index, '10', false)).toHaveLength(0);
  });

  it('shows a process that is folded, whatever it is folded under', () => {
    const deep = 'self-hbb';
    expect(drawn(index)).not.toContain(`    · ${deep}`);
    expect(drawn(index, revealed(index, emptyState, deep))).toContain(`    · ${deep}`);
    expect(drawn(index, revealed(index, emptyState, 'beside'))).toContain('    · beside');
  });

  it('shows one of many that are alike', () => {
    const alike = indexTree(root(400), [many(400, 'root', { image: 'C:\\a.exe', command_line: 'a' })], 0);
    expect(drawn(alike, revealed(alike, emptyState, 'root-dba'))).toContain('    · root-dba');
  });
});

it('opens all that is loaded below a row', () => {
  const line = Array.from({ length: 30 }, (_, i) => item(`p${i}`, i === 0 ? 'root' : `p${i - 1}`, { children: 1 }));
  line.at(-1)!.children = 0;
  const index = indexTree(root(1), [line], 0);
  const rows = visibleRows(index, emptyState);
  expect(drawn(index, expanded(index, emptyState, rows[0]!))).toHaveLength(31);
});

it('tells the shape of a command line from what changes in it', () => {
  expect(shapeOf('conhost.exe 0xffffffff -ForceV1')).toBe('conhost.exe # -#');
  expect(shapeOf('run.exe {1F0C1E5A-5f0e-8745-a900-000000000a00} now')).toBe('run.exe {#-#-#-#-#} now');
  expect(shapeOf('a.exe')).not.toBe(shapeOf('b.exe'));
});

describe('50,000 processes', () => {
  const line = (i: number) => `"C:\\Program Files\\Tool\\tool.exe" --job ${i} --out C:\\Temp\\${i}.log`;
  const flat = Array.from({ length: 50_000 }, (_, i) =>
    item(`root-${i}`, 'root', { image: 'C:\\tool.exe', command_line: line(i), started: at(i) }),
  );
  const index = () => indexTree(root(50_000), [flat], 0);
  /** The best of a few, because a busy machine says nothing of the code. */
  const time = (run: () => unknown) =>
    Math.min(
      ...Array.from({ length: 5 }, () => {
        const from = performance.now();
        run();
        return performance.now() - from;
      }),
    );

  it('are brought together well within a tenth of a second', () => {
    expect(time(index)).toBeLessThan(100);
  });

  it('open all at once as quickly', () => {
    const built = index();
    const all = unfolded({ ...emptyState, apart: true }, 'root', true);
    expect(visibleRows(built, all)).toHaveLength(50_001);
    expect(time(() => visibleRows(built, all))).toBeLessThan(100);
  });

  it('are compared with one another as quickly', () => {
    expect(time(() => visibleRows(index(), emptyState))).toBeLessThan(250);
    expect(drawn(index())[1]).toBe('  > × 50000');
  });

  it('are found in as quickly', () => {
    const built = index();
    expect(found(built, '\\4711.log', true)).toHaveLength(1);
    expect(time(() => found(built, '\\4711.log', true))).toBeLessThan(100);
  });
});
