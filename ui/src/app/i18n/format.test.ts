import { describe, expect, it } from 'vitest';
import { makeFormat } from './format';

const en = makeFormat('en', 'utc');
const es = makeFormat('es', 'utc');
const plain = (text: string | undefined) => text?.replace(/[\u00a0\u202f]/g, ' ');

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1,023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [345_678, '338 KiB'],
    [5 * 1024 ** 2, '5 MiB'],
    [3.25 * 1024 ** 3, '3.3 GiB'],
  ])('%d', (value, want) => expect(plain(en.bytes(value))).toBe(want));
  it('follows the language', () => expect(plain(es.bytes(1536))).toBe('1,5 KiB'));
});

describe('duration', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1000, '1 s'],
    [1450, '1.5 s'],
    [59_900, '60 s'.replace('60 s', '1 min')],
    [123_000, '2 min 3 s'],
    [3_600_000, '1 h'],
    [3_660_000, '1 h 1 min'],
    [90_061_000, '1 d 1 h'],
    [-123_000, '−2 min 3 s'],
  ])('%d', (value, want) => expect(plain(en.duration(value))).toBe(want));
});

describe('percent', () => {
  it.each([
    [0, '0%', '0 %'],
    [0.016 / 4.2, '< 1%', '< 1 %'],
    [0.0099, '< 1%', '< 1 %'],
    [0.01, '1%', '1 %'],
    [0.426, '43%', '43 %'],
    [2.5, '250%', '250 %'],
  ])('%d', (share, english, spanish) => {
    expect(plain(en.percent(share))).toBe(english);
    expect(plain(es.percent(share))).toBe(spanish);
  });
});

describe('numbers', () => {
  it('are grouped as the language does', () => {
    expect(en.number(1234567)).toBe('1,234,567');
    expect(es.number(1234)).toBe('1.234');
  });
});

describe('times', () => {
  const at = '2026-11-20T08:05:01.250Z';
  it('are written plainly', () => {
    expect(en.dateTime(at)).toBe('2026-11-20 08:05:01');
    expect(en.exact(at)).toBe('2026-11-20 08:05:01.250 UTC');
    expect(en.clock(at)).toBe('08:05:01.250');
    expect(en.dateTime('soon')).toBe('soon');
  });
  it('are relative under a day only', () => {
    const now = Date.parse(at);
    expect(plain(en.relative(at, now + 5_000))).toBe('5s ago');
    expect(plain(en.relative(at, now + 3 * 60_000))).toBe('3m ago');
    expect(plain(es.relative(at, now + 2 * 3_600_000))).toBe('hace 2 h');
    expect(en.relative(at, now + 86_400_000)).toBeUndefined();
    expect(en.relative(at, now - 3_600_000)).toBeUndefined();
  });
  it('tell how far ahead they are of the present', () => {
    const now = Date.parse(at);
    expect(en.ahead(at, now - 60_000)).toBeUndefined();
    expect(en.ahead(at, now + 60_000)).toBeUndefined();
    expect(plain(en.ahead(at, now - 23.9 * 60_000))).toBe('23m');
    expect(plain(es.ahead(at, now - 5 * 3_600_000))).toBe('5h');
    expect(plain(en.ahead(at, now - 3.5 * 86_400_000))).toBe('3d');
    expect(en.ahead('soon', now)).toBeUndefined();
  });
});
