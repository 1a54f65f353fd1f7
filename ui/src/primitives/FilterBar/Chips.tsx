import { IconX } from '@tabler/icons-react';
import type { QueryTerm } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { visible } from '../hostile';
import { HostileText } from '../Text';
import classes from './FilterBar.module.css';
import { rangeOf } from './terms';

interface ChipsProps {
  q: string;
  terms: QueryTerm[];
  onEdit(term: QueryTerm): void;
  onRemove(index: number): void;
}

/** The terms of a filter, each to be edited or taken away. */
export function Chips({ q, terms, onEdit, onRemove }: ChipsProps) {
  const { t } = useI18n();
  return (
    <ul className={classes.chips} aria-label={t('filter.terms')}>
      {terms.map((term, index) => {
        const { start, end } = rangeOf(q, term.position, term.length);
        const text = q.slice(start, end).trim();
        return (
          <li key={`${term.position} ${text}`} className={classes.chip} data-negated={term.negated || undefined}>
            <button type="button" className={classes.chipText} title={visible(text)} onClick={() => onEdit(term)}>
              <HostileText limit={80}>{text}</HostileText>
            </button>
            <button
              type="button"
              className={classes.chipRemove}
              aria-label={t('filter.removeTerm', { term: visible(text) })}
              onClick={() => onRemove(index)}
            >
              <IconX size={12} aria-hidden="true" />
            </button>
          </li>
        );
      })}
    </ul>
  );
}
