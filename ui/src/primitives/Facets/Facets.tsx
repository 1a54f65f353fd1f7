import { ActionIcon, Button, Popover, Tooltip } from '@mantine/core';
import { IconAdjustments, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Facets as Answer } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Failure } from '../State';
import { FacetGroup } from './FacetGroup';
import classes from './Facets.module.css';
import { type FacetLayout, mostFacets } from './useFacetLayout';

export interface FacetTexts {
  /** What people call a field. */
  name(field: string): string;
  /** What people call one of its values. */
  value(field: string, value: string): string;
}

interface FacetsProps {
  layout: FacetLayout;
  /** The fields that can be chosen. */
  choices: string[];
  data: Answer | undefined;
  /** The figures belong to the question before this one. */
  stale: boolean;
  error: Error | null;
  onRetry(): void;
  texts: FacetTexts;
  /** Absent where rows cannot be stacked. */
  onStack?(field: string): void;
  /** One value of a field can be chosen and no more: none left out, and none but a value. */
  single?: boolean;
  onPick(field: string, value: string | undefined, negated: boolean): void;
  isPicked(field: string, value: string | undefined): boolean;
}

/** What the rows found have in common, field by field. A click narrows the filter. */
export function Facets(props: FacetsProps) {
  const { layout, choices, data, stale, error, texts } = props;
  const { t, fmt } = useI18n();
  // Where there is nothing to count no field has anything to say.
  const nothing = data?.events === 0;
  const byField = new Map(data?.facets.map((facet) => [facet.field, facet]));
  return (
    <aside className={classes.panel} aria-label={t('facets.label')} data-stale={stale || undefined}>
      <header className={classes.head}>
        <h2>{t('facets.label')}</h2>
        <FieldChooser layout={layout} choices={choices} texts={texts} />
        <Tooltip label={t('facets.hide')}>
          <ActionIcon size={24} aria-label={t('facets.hide')} onClick={() => layout.setOpen(false)}>
            <IconX size={14} />
          </ActionIcon>
        </Tooltip>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
      <div className={classes.body} tabIndex={0} role="region" aria-label={t('facets.label')}>
        {error && !data ? <Failure what={t('facets.failed')} error={error} onRetry={props.onRetry} /> : null}
        {data && !data.complete ? (
          <Note>
            {data.searched_to
              ? t('facets.since', {
                  n: data.events,
                  events: fmt.number(data.events),
                  time: fmt.dateTime(data.searched_to),
                })
              : t('facets.incomplete')}
          </Note>
        ) : null}
        {nothing && data.complete ? (
          <p className={classes.nothing} role="status">
            {t('facets.nothing')}
          </p>
        ) : null}
        {nothing || (error && !data)
          ? null
          : layout.fields.map((field) => (
              <FacetGroup
                key={field}
                field={field}
                facet={byField.get(field)}
                folded={layout.folded.has(field)}
                texts={texts}
                onFold={() => layout.fold(field)}
                single={props.single}
                onStack={props.onStack && (() => props.onStack?.(field))}
                onPick={(value, negated) => props.onPick(field, value, negated)}
                isPicked={(value) => props.isPicked(field, value)}
              />
            ))}
      </div>
    </aside>
  );
}

function Note({ children }: { children: ReactNode }) {
  return (
    <p className={classes.note} role="status">
      {children}
    </p>
  );
}

/** Chooses which fields are counted. */
function FieldChooser({ layout, choices, texts }: Pick<FacetsProps, 'layout' | 'choices' | 'texts'>) {
  const { t } = useI18n();
  const { fields } = layout;
  const full = fields.length >= mostFacets;
  // Those chosen stand on top, so that they are found again.
  const listed = [...fields, ...choices.filter((field) => !fields.includes(field))];
  return (
    <Popover width={260} position="bottom-start" trapFocus>
      <Popover.Target>
        <Tooltip label={t('facets.choose')}>
          <ActionIcon size={24} aria-label={t('facets.choose')}>
            <IconAdjustments size={14} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={4} aria-label={t('facets.choose')}>
        <ul className={classes.chooser}>
          {listed.map((field) => {
            const on = fields.includes(field);
            return (
              <li key={field}>
                <label data-off={(full && !on) || undefined}>
                  <input
                    type="checkbox"
                    checked={on}
                    disabled={full && !on}
                    onChange={() => layout.setFields(on ? fields.filter((each) => each !== field) : [...fields, field])}
                  />
                  <span>{texts.name(field)}</span> <code>{field}</code>
                </label>
              </li>
            );
          })}
        </ul>
        {full ? <p className={classes.full}>{t('facets.full', { n: mostFacets })}</p> : null}
        <Button fullWidth variant="subtle" onClick={layout.reset}>
          {t('facets.reset')}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
