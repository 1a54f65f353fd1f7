import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import type { ComponentProps, ReactNode } from 'react';
import { afterEach, expect, it, type Mock, vi } from 'vitest';
import type { Facets as Answer } from '@/api/types';
import { I18nProvider } from '@/app/i18n';
import { en } from '@/app/i18n/en';
import { Facets } from './Facets';
import { useFacetLayout } from './useFacetLayout';

const answer: Answer = {
  facets: [
    {
      field: 'user',
      values: ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((value, i) => ({ value, count: 70 - i })),
      others: 11,
      blank: 3,
    },
  ],
  events: 500,
  complete: false,
  searched_to: '2026-11-20T08:00:00Z',
};

type Given = ComponentProps<typeof Facets>;

function Panel({
  onPick,
  onStack,
  single,
  data = answer,
}: Pick<Given, 'onPick' | 'onStack' | 'single'> & { data?: Answer }) {
  const layout = useFacetLayout('test', ['user', 'station']);
  return (
    <Facets
      layout={layout}
      choices={['user', 'station', 'kind']}
      data={data}
      stale={false}
      error={null}
      onRetry={() => {}}
      texts={{ name: (field) => `the ${field}`, value: (_, value) => value }}
      onStack={onStack}
      single={single}
      onPick={onPick}
      isPicked={(_, value) => value === 'b'}
    />
  );
}

function setUp(onStack?: Mock<(field: string) => void>) {
  const onPick = vi.fn();
  show(<Panel onPick={onPick} onStack={onStack} />);
  return { onPick, users: within(screen.getByRole('region', { name: 'the user' })) };
}

function show(panel: ReactNode) {
  render(
    <MantineProvider>
      <I18nProvider first={{ language: 'en', texts: en }}>{panel}</I18nProvider>
    </MantineProvider>,
  );
}

afterEach(() => {
  cleanup();
  localStorage.clear();
});

it('filters for a value by a click, and out by Alt, by minus and by its button', () => {
  const { onPick, users } = setUp();
  const value = users.getByRole('button', { name: /^a\s*70/ });
  fireEvent.click(value);
  fireEvent.click(value, { altKey: true });
  fireEvent.keyDown(value, { key: '-' });
  fireEvent.click(users.getByRole('button', { name: 'Filter out a' }));
  expect(onPick.mock.calls).toEqual([
    ['user', 'a', false],
    ['user', 'a', true],
    ['user', 'a', true],
    ['user', 'a', true],
  ]);
  expect(users.getByRole('button', { pressed: true }).textContent).toContain('b');
});

it('shows a few values, then all, then how many events have others; and those without one', () => {
  const onStack = vi.fn();
  const { onPick, users } = setUp(onStack);
  expect(users.queryByRole('button', { name: /^g/ })).toBeNull();
  expect(users.queryByText('Others')).toBeNull();
  fireEvent.click(users.getByRole('button', { name: '2 more' }));
  expect(users.getByRole('button', { name: /^g\s*64/ })).toBeTruthy();
  fireEvent.click(users.getByText('Others'));
  expect(onStack).toHaveBeenCalledWith('user');
  fireEvent.click(users.getByRole('button', { name: /^no value/ }));
  expect(onPick).toHaveBeenCalledWith('user', undefined, false);
});

it('leads nowhere from the others where rows cannot be stacked', () => {
  const { users } = setUp();
  fireEvent.click(users.getByRole('button', { name: '2 more' }));
  expect(users.getByText('Others').closest('button')).toBeNull();
  expect(users.queryByRole('button', { name: /Stack/ })).toBeNull();
});

it('leaves nothing out where one value can be chosen and no more', () => {
  const onPick = vi.fn();
  show(<Panel onPick={onPick} single />);
  const users = within(screen.getByRole('region', { name: 'the user' }));
  const value = users.getByRole('button', { name: /^a\s*70/ });
  fireEvent.click(value, { altKey: true });
  fireEvent.keyDown(value, { key: '-' });
  expect(onPick.mock.calls).toEqual([['user', 'a', false]]);
  expect(users.queryByRole('button', { name: 'Filter out a' })).toBeNull();
  expect(users.getByText('no value').closest('button')).toBeNull();
});

it('says that the figures are incomplete', () => {
  setUp();
  expect(screen.getByRole('status').textContent).toContain('500 events, back to');
});

it('says once that there is nothing to count', () => {
  const nothing: Answer = {
    facets: ['user', 'station'].map((field) => ({ field, values: [], others: 0, blank: 0 })),
    events: 0,
    complete: true,
  };
  show(<Panel onPick={vi.fn()} data={nothing} />);
  expect(screen.getByRole('status').textContent).toBe('There is nothing to count.');
  expect(screen.queryByRole('region', { name: 'the user' })).toBeNull();
  expect(screen.queryByText('nothing found')).toBeNull();
});

it('remembers what is folded', () => {
  setUp();
  fireEvent.click(screen.getByRole('button', { name: 'the user' }));
  expect(screen.getByRole('button', { name: 'the user' }).getAttribute('aria-expanded')).toBe('false');
  cleanup();
  setUp();
  expect(screen.getByRole('button', { name: 'the user' }).getAttribute('aria-expanded')).toBe('false');
});
