import { ActionIcon, Tooltip } from '@mantine/core';
import { IconChevronDown, IconChevronRight, IconMinus, IconStack2 } from '@tabler/icons-react';
import { type KeyboardEvent, type MouseEvent, useState } from 'react';
import type { Facet } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { visible } from '../hostile';
import { HostileText } from '../Text';
import { useValueMenu } from '../ValueMenu';
import type { FacetTexts } from './Facets';
import classes from './Facets.module.css';

/** Of the values that are there so many are shown until more are asked for. */
const few = 5;

interface FacetGroupProps {
  field: string;
  /** Absent while it is on its way. */
  facet: Facet | undefined;
  folded: boolean;
  texts: FacetTexts;
  onFold(): void;
  /** Absent where rows cannot be stacked. */
  onStack?(): void;
  /** One value can be chosen and no more. */
  single?: boolean;
  /** Turns a term of the filter on or off; without a value, that for rows in which the field has none. */
  onPick(value: string | undefined, negated: boolean): void;
  isPicked(value: string | undefined): boolean;
}

/** The top values of one field, with bars. */
export function FacetGroup(props: FacetGroupProps) {
  const { field, facet, folded, texts, onFold, onStack, single, onPick, isPicked } = props;
  const { t } = useI18n();
  const [whole, setWhole] = useState(false);
  const name = texts.name(field);
  const values = facet?.values ?? [];
  const shown = whole ? values : values.slice(0, few);
  const all = values.reduce((sum, each) => sum + each.count, 0) + (facet?.others ?? 0) + (facet?.blank ?? 0);
  return (
    <section className={classes.group} aria-label={name}>
      <header className={classes.groupHead}>
        <button type="button" className={classes.fold} aria-expanded={!folded} onClick={onFold}>
          {folded ? (
            <IconChevronRight size={14} aria-hidden="true" />
          ) : (
            <IconChevronDown size={14} aria-hidden="true" />
          )}
          <span>{name}</span>
        </button>
        {onStack ? (
          <Tooltip label={t('facets.stack', { field: name })}>
            <ActionIcon size={22} aria-label={t('facets.stack', { field: name })} onClick={onStack}>
              <IconStack2 size={14} />
            </ActionIcon>
          </Tooltip>
        ) : null}
      </header>
      {folded ? null : (
        <ul className={classes.values}>
          {facet === undefined ? (
            <li className={classes.none} aria-hidden="true">
              …
            </li>
          ) : null}
          {facet && all === 0 ? <li className={classes.none}>{t('facets.none')}</li> : null}
          {shown.map(({ value, count }) => (
            <FacetRow
              key={value}
              field={field}
              value={value}
              text={texts.value(field, value)}
              count={count}
              share={all > 0 ? count / all : 0}
              picked={isPicked(value)}
              single={single}
              onPick={(negated) => onPick(value, negated)}
            />
          ))}
          {values.length > few ? (
            <li>
              <button type="button" className={classes.more} onClick={() => setWhole(!whole)}>
                {whole ? t('facets.fewer') : t('facets.more', { n: values.length - few })}
              </button>
            </li>
          ) : null}
          {facet && facet.others > 0 && (whole || values.length <= few) ? (
            <li>
              <Others text={t('facets.others')} count={facet.others} onStack={onStack} />
            </li>
          ) : null}
          {facet && facet.blank > 0 && single ? (
            <li>
              <Others text={t('facets.blank')} count={facet.blank} />
            </li>
          ) : null}
          {facet && facet.blank > 0 && !single ? (
            <FacetRow
              field={field}
              text={t('facets.blank')}
              count={facet.blank}
              share={all > 0 ? facet.blank / all : 0}
              picked={isPicked(undefined)}
              onPick={(negated) => onPick(undefined, negated)}
            />
          ) : null}
        </ul>
      )}
    </section>
  );
}

/** How many rows have none of the values that are told. */
function Others({ text, count, onStack }: { text: string; count: number; onStack?(): void }) {
  const { fmt } = useI18n();
  const said = (
    <>
      <span>{text}</span>
      <span className={classes.count}>{fmt.number(count)}</span>
    </>
  );
  return onStack ? (
    <button type="button" className={classes.more} onClick={onStack}>
      {said}
    </button>
  ) : (
    <div className={classes.more} data-still>
      {said}
    </div>
  );
}

interface FacetRowProps {
  field: string;
  /** Absent for the row of those without a value. */
  value?: string;
  text: string;
  count: number;
  share: number;
  picked: boolean;
  single?: boolean;
  onPick(negated: boolean): void;
}

function FacetRow({ field, value, text, count, share, picked, single, onPick }: FacetRowProps) {
  const { t, fmt } = useI18n();
  const menu = useValueMenu();
  const onKeyDown = (event: KeyboardEvent) => {
    if (single || (event.key !== '-' && event.key !== 'Delete')) return;
    event.preventDefault();
    onPick(true);
  };
  const onContextMenu = (event: MouseEvent<HTMLLIElement>) => {
    if (value === undefined) return;
    event.preventDefault();
    menu.open({ field, value }, { x: event.clientX, y: event.clientY }, event.currentTarget.querySelector('button'));
  };
  return (
    <li className={classes.value} data-picked={picked || undefined} onContextMenu={onContextMenu}>
      <button
        type="button"
        className={classes.pick}
        aria-pressed={picked}
        title={`${visible(value ?? text)} · ${fmt.percent(share)}${single ? '' : `\n${t('facets.howTo')}`}`}
        onClick={(event) => onPick(event.altKey && !single)}
        onKeyDown={onKeyDown}
      >
        <span className={classes.text} data-blank={value === undefined || undefined}>
          <HostileText limit={120}>{text}</HostileText>
        </span>
        <span className={classes.count}>{fmt.number(count)}</span>
        <span
          className={classes.bar}
          aria-hidden="true"
          ref={(element) => void element?.style.setProperty('--share', String(share))}
        />
      </button>
      {single ? null : (
        <button
          type="button"
          className={classes.minus}
          aria-label={t('facets.exclude', { value: visible(text) })}
          onClick={() => onPick(true)}
        >
          <IconMinus size={12} aria-hidden="true" />
        </button>
      )}
    </li>
  );
}
