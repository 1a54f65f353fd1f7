import { describe, expect, it } from 'vitest';
import { parseSearch } from '@/app/search';
import { askedBy, hrefOf, rangeOf, sameAs } from './address';

const read = (href: string) => {
  const url = new URL(href, 'https://x');
  return askedBy(url.pathname, parseSearch(url.search));
};

describe('a saved search', () => {
  it.each([
    '/events?q=user%3Abob&range=7d',
    '/events?range=all',
    '/processes?q=running%3Atrue&range=all&order=asc',
    '/processes?q=a&range=all&stack=user',
    '/events?range=all&stack=name&rank=common',
    '/events?from=2026-11-20T08%3A00%3A00.000Z&to=2026-11-20T09%3A00%3A00.000Z',
    '/binaries?q=signed%3Afalse&sort=stations&order=asc',
    '/binaries',
    '/devices?q=class%3Amass_storage&range=30d&order=asc',
    '/devices?tab=devices&q=prevalence%3A1&sort=plugs',
    '/stations?search=acc&sort=last_seen&order=desc',
  ])('leads back to %s', (href) => {
    const asked = read(href)!;
    const back = new URL(hrefOf(asked), 'https://x');
    const want = new URL(href, 'https://x');
    expect(back.pathname).toBe(want.pathname);
    expect(parseSearch(back.search)).toEqual(parseSearch(want.search));
  });

  it('names the usual span, which may be another one day', () => {
    expect(read('/events?q=x')).toMatchObject({ page: 'events', q: 'x', range: '24h' });
    expect(hrefOf(read('/events?q=x')!)).toBe('/events?q=x');
    expect(rangeOf(read('/stations')!)).toBeUndefined();
  });

  it('leaves out what lies open beside the table', () => {
    expect(sameAs(read('/events?q=x&p=1')!, read('/events?q=x')!)).toBe(true);
    expect(sameAs(read('/events?q=x')!, read('/processes?q=x')!)).toBe(false);
  });

  it('is nothing on other pages', () => {
    expect(read('/settings')).toBeUndefined();
    expect(read('/processes/1-a')).toBeUndefined();
  });
});
