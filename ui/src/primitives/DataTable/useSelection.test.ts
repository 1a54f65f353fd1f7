import { act, renderHook } from '@testing-library/react';
import { expect, it } from 'vitest';
import { useSelection } from './useSelection';

const keyOf = (row: string) => row;
const rows = ['a', 'b', 'c', 'd', 'e'];

function setUp() {
  return renderHook(({ of }: { of: string[] }) => useSelection(of, keyOf), { initialProps: { of: rows } });
}

it('turns rows, and with a range all since the one turned last', () => {
  const { result } = setUp();
  act(() => result.current.turn('d', 3, false));
  act(() => result.current.turn('b', 1, true));
  expect(result.current.picked).toEqual(['b', 'c', 'd']);
  act(() => result.current.turn('c', 2, false));
  expect(result.current.picked).toEqual(['b', 'd']);
});

it('turns all, and none when all are', () => {
  const { result } = setUp();
  act(() => result.current.turnAll());
  expect(result.current.picked).toEqual(rows);
  act(() => result.current.turnAll());
  expect(result.current.picked).toEqual([]);
});

it('keeps what is selected when more rows come', () => {
  const { result, rerender } = setUp();
  act(() => result.current.turn('b', 1, false));
  const turn = result.current.turn;
  rerender({ of: ['new', ...rows] });
  expect(result.current.picked).toEqual(['b']);
  // Rows that were drawn before need not be drawn anew for this.
  expect(result.current.turn).toBe(turn);
});
