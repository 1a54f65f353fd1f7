import { describe, expect, it } from 'vitest';
import { cut, escapeCharacter, fileName, segments, splitPath, visible } from './hostile';

describe('segments', () => {
  it('leaves honest text alone, whatever its script', () => {
    for (const text of ['C:\\Windows\\System32\\cmd.exe', 'añil ☃ 漢字 עברית 🙂', 'a b']) {
      expect(segments(text)).toEqual([{ text, escaped: false }]);
    }
    expect(segments('')).toEqual([]);
  });

  it.each([
    ['\u001b[31mred', '\\e[31mred'],
    ['a\0b', 'a\\0b'],
    ['a\u2400b', 'a\\0b'],
    ['photo\u202egpj.exe', 'photo\\u202egpj.exe'],
    ['\u2066x\u2069', '\\u2066x\\u2069'],
    ['zero\u200bwidth\ufeff', 'zero\\u200bwidth\\ufeff'],
    ['line\r\nbreak\ttab', 'line\\r\\nbreak\\ttab'],
    ['c1\u0085', 'c1\\x85'],
    ['sep\u2028arator', 'sep\\u2028arator'],
    ['tag\u{e0041}', 'tag\\u{e0041}'],
    ['lone\ud83d', 'lone\\ud83d'],
    ['blank\u3164', 'blank\\u3164'],
  ])('makes %j visible', (text, want) => {
    expect(visible(text)).toBe(want);
    expect(
      segments(text)
        .map((s) => s.text)
        .join(''),
    ).toBe(want);
  });

  it('marks only the characters it wrote', () => {
    expect(segments('a\u202eb')).toEqual([
      { text: 'a', escaped: false },
      { text: '\\u202e', escaped: true },
      { text: 'b', escaped: false },
    ]);
    // A backslash that came with the text is no mark.
    expect(segments('\\u202e')).toEqual([{ text: '\\u202e', escaped: false }]);
  });

  it('treats markup as text', () => {
    expect(visible('<img src=x onerror=alert(1)>')).toBe('<img src=x onerror=alert(1)>');
    expect(escapeCharacter('\u0001')).toBe('\\x01');
  });
});

describe('cut', () => {
  it('never splits a surrogate pair', () => {
    expect(cut('ab🙂', 3)).toBe('ab');
    expect(cut('ab🙂', 4)).toBe('ab🙂');
  });
});

describe('splitPath', () => {
  it.each([
    ['C:\\Windows\\cmd.exe', 'C:\\Windows', 'cmd.exe'],
    ['/usr/bin/sh', '/usr/bin', 'sh'],
    ['System', '', 'System'],
    ['C:\\dir\\', '', 'C:\\dir\\'],
    ['', '', ''],
  ])('%j', (path, folder, name) => {
    expect(splitPath(path)).toEqual({ folder, name });
  });
  it('shows a file name with its tricks', () => {
    expect(fileName('C:\\x\\a\u202etxt.exe')).toBe('a\\u202etxt.exe');
    expect(fileName(undefined)).toBe('');
  });
});
