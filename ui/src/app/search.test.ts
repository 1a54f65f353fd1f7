import { describe, expect, it } from 'vitest';
import { reachesNow, readInstant, readRange, resolve, spanOf, widened, writeRange } from './range';
import { eventsHref, parseSearch, readEventSearch, safeReturn, stringifySearch } from './search';

describe('the address of the events page', () => {
  it.each([
    {},
    { q: 'image:*\\temp\\*.exe user:"NT AUTHORITY\\SYSTEM"' },
    { q: '123' },
    { q: 'true', range: 'all' },
    { q: 'a&b=c#d %20 + é🙂', order: 'asc' as const, p: '3-abc-00ff' },
    { range: '7d' },
    { stack: 'parent_name', rank: 'common' as const },
    { from: '2026-11-20T08:00:00.000Z', to: '2026-11-20T09:00:00.000Z' },
  ])('survives being written and read: %j', (search) => {
    expect(readEventSearch(parseSearch(stringifySearch(search)))).toEqual(search);
  });

  it('drops nonsense and what is usual', () => {
    expect(readEventSearch({ q: '  ', range: '24h', order: 'sideways', p: 3, from: 'yesterday' })).toEqual({});
    expect(readEventSearch({ range: '0h' })).toEqual({});
    expect(readEventSearch({ range: 'all', from: '2026-01-01' })).toEqual({ from: '2026-01-01T00:00:00.000Z' });
    expect(eventsHref({ q: 'user:bob' })).toBe('/events?q=user%3Abob');
    expect(eventsHref({ q: 'user:bob' }, 'processes')).toBe('/processes?q=user%3Abob');
    expect(readEventSearch({ stack: 'a b', rank: 'rare' })).toEqual({});
  });
});

describe('range', () => {
  const now = Date.parse('2026-11-20T12:00:00Z');
  it('resolves', () => {
    expect(resolve({ kind: 'last', span: '15m' }, now)).toEqual({ from: '2026-11-20T11:45:00.000Z' });
    expect(resolve({ kind: 'all' }, now)).toEqual({});
    expect(spanOf('90m')).toBe(5_400_000);
    expect(spanOf('1w')).toBeUndefined();
  });
  it('round-trips', () => {
    for (const range of [
      readRange({}),
      readRange({ range: 'all' }),
      readRange({ range: '1h' }),
      readRange({ to: '2026-01-02' }),
    ]) {
      expect(readRange(writeRange(range))).toEqual(range);
    }
  });
  it('widens on both sides', () => {
    expect(widened({ kind: 'between', from: '2026-11-20T08:00:00.000Z', to: '2026-11-20T10:00:00.000Z' })).toEqual({
      kind: 'between',
      from: '2026-11-20T07:00:00.000Z',
      to: '2026-11-20T11:00:00.000Z',
    });
    expect(widened({ kind: 'between', from: '2026-11-20T08:00:00.000Z' })).toEqual({ kind: 'all' });
  });
  it('knows whether now is in it', () => {
    expect(reachesNow({ kind: 'last', span: '1h' }, now)).toBe(true);
    expect(reachesNow({ kind: 'between', from: '2026-01-01T00:00:00.000Z' }, now)).toBe(true);
    expect(reachesNow({ kind: 'between', to: '2026-01-01T00:00:00.000Z' }, now)).toBe(false);
  });
  it.each([
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    ['2026-11-20 8:05', '2026-11-20T08:05:00.000Z'],
    ['2026-11-20T08:05:01.25', '2026-11-20T08:05:01.250Z'],
    ['2026-02-30', undefined],
    ['2026-13-01', undefined],
    ['20/11/2026', undefined],
    ['2026-11-20 25:00', undefined],
  ])('reads %s', (text, want) => expect(readInstant(text, 'utc')).toBe(want));
});

describe('safeReturn', () => {
  it.each([
    ['/events?q=a', '/events?q=a'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['https://evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/login?return=/x', '/'],
    [undefined, '/'],
  ])('%s', (path, want) => expect(safeReturn(path)).toBe(want));
});
