import { IconHistory } from '@tabler/icons-react';
import { useI18n } from '@/app/i18n';
import { HostileText } from '../Text';
import classes from './FilterBar.module.css';
import type { Suggestion } from './useSuggestions';

interface SuggestionsProps {
  id: string;
  items: Suggestion[];
  chosen: number;
  onAccept(item: Suggestion): void;
  /** Drops the filters used before. */
  onForget(): void;
}

export function Suggestions({ id, items, chosen, onAccept, onForget }: SuggestionsProps) {
  const { t, fmt } = useI18n();
  return (
    <div id={id} className={classes.list} role="listbox" aria-label={t('filter.suggestions')}>
      {items.map((item, i) => (
        <div
          key={item.id}
          id={`${id}-${i}`}
          ref={(element) => {
            if (i === chosen) element?.scrollIntoView({ block: 'nearest' });
          }}
          className={classes.option}
          role="option"
          tabIndex={-1}
          aria-selected={i === chosen}
          // The input keeps the focus: a press must not take it.
          onMouseDown={(event) => {
            event.preventDefault();
            onAccept(item);
          }}
        >
          {item.kind === 'recent' ? <IconHistory size={14} aria-label={t('filter.recent')} /> : null}
          <span className={classes.optionLabel}>
            <HostileText limit={160}>{item.label}</HostileText>
          </span>
          {item.hint ? <span className={classes.optionHint}>{item.hint}</span> : null}
          {item.count === undefined ? null : <span className={classes.optionCount}>{fmt.number(item.count)}</span>}
        </div>
      ))}
      <div className={classes.listFoot}>
        <span aria-hidden="true">{t('filter.keys')}</span>
        {items.some((item) => item.kind === 'recent') ? (
          <button
            type="button"
            tabIndex={-1}
            onMouseDown={(event) => {
              event.preventDefault();
              onForget();
            }}
          >
            {t('filter.forget')}
          </button>
        ) : null}
      </div>
    </div>
  );
}
