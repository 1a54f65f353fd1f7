/**
 * Characters that draw nothing, move the cursor or turn the writing direction,
 * and so could make text look like what it is not: controls, format characters
 * (bidirectional overrides, zero width, tags), line separators, lone
 * surrogates, blank letters; and U+2400, which stands for a stored NUL.
 */
const deceptive = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u2400\u115f\u1160\u2800\u3164\uffa0]/u;
const everyDeceptive = new RegExp(deceptive.source, 'gu');

export interface Segment {
  text: string;
  /** The segment is the visible name of a character that would not show. */
  escaped: boolean;
}

const names: Record<string, string> = {
  '\0': '\\0',
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\e',
  '\u2400': '\\0',
};

/** Writes one deceptive character so that it can be seen. */
export function escapeCharacter(character: string): string {
  const known = names[character];
  if (known) return known;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

/** Splits text into what is safe to show as it is and escaped characters. */
export function segments(text: string): Segment[] {
  if (!deceptive.test(text)) return text === '' ? [] : [{ text, escaped: false }];
  const found: Segment[] = [];
  let from = 0;
  for (const match of text.matchAll(everyDeceptive)) {
    if (match.index > from) found.push({ text: text.slice(from, match.index), escaped: false });
    found.push({ text: escapeCharacter(match[0]), escaped: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ text: text.slice(from), escaped: false });
  return found;
}

/** The same as one string, for titles and names read aloud. */
export function visible(text: string): string {
  return deceptive.test(text) ? text.replace(everyDeceptive, escapeCharacter) : text;
}

/** Cuts text to at most `limit` characters, never inside a surrogate pair. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? limit - 1 : limit);
}

/** Splits a path of either system at its last separator: folder (without it) and file name. */
export function splitPath(path: string): { folder: string; name: string } {
  const at = Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/'));
  if (at < 0 || at === path.length - 1) return { folder: '', name: path };
  return { folder: path.slice(0, at), name: path.slice(at + 1) };
}

/** The file name of a path, fit to be shown. */
export function fileName(path: string | undefined): string {
  return path ? visible(splitPath(path).name) : '';
}
