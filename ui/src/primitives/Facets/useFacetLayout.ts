import { useMediaQuery } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { remember, remembered } from '@/app/preferences';

/** At most so many fields are asked for at once; the server takes no more. */
export const mostFacets = 8;

interface Layout {
  open?: boolean;
  fields?: string[];
  folded?: string[];
}

export interface FacetLayout {
  open: boolean;
  setOpen(open: boolean): void;
  /** The fields chosen, in their order. */
  fields: string[];
  setFields(fields: string[]): void;
  /** Fields of which only the name is shown: they are not asked for. */
  folded: ReadonlySet<string>;
  fold(field: string): void;
  /** The usual fields again, all unfolded. */
  reset(): void;
}

/** Which facets stand beside a table, remembered on this browser. */
export function useFacetLayout(id: string, usual: string[]): FacetLayout {
  const key = `eljefe.facets.${id}`;
  // Where there is room they show by themselves; a choice made once holds everywhere.
  const roomy = useMediaQuery('(min-width: 1360px)', true, { getInitialValueInEffect: false });
  const [own, setOwn] = useState<Layout>(() => sane(remembered<unknown>(key, null)));
  useEffect(() => remember(key, own), [key, own]);
  const folded = new Set(own.folded);
  return {
    open: own.open ?? roomy,
    setOpen: (open) => setOwn({ ...own, open }),
    fields: own.fields ?? usual,
    setFields: (fields) => setOwn({ ...own, fields: fields.slice(0, mostFacets) }),
    folded,
    fold: (field) =>
      setOwn({
        ...own,
        folded: folded.has(field) ? [...folded].filter((each) => each !== field) : [...folded, field],
      }),
    reset: () => setOwn({ open: own.open }),
  };
}

/** What a browser remembers may come from another version, or from somebody's hand. */
function sane(found: unknown): Layout {
  if (found === null || typeof found !== 'object') return {};
  const { open, fields, folded } = found as Record<string, unknown>;
  const names = (list: unknown) =>
    Array.isArray(list) ? list.filter((name): name is string => typeof name === 'string') : undefined;
  return {
    open: typeof open === 'boolean' ? open : undefined,
    fields: names(fields)?.slice(0, mostFacets),
    folded: names(folded),
  };
}
