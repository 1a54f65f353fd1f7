import { Button, NativeSelect } from '@mantine/core';
import { IconArrowLeft, IconCopy, IconFilter, IconFilterOff } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import type { Search } from '@/api/client';
import { queries } from '@/api/queries';
import type { Facets, FacetValue } from '@/api/types';
import { useEventAddress } from '@/app/eventSearch';
import { useI18n } from '@/app/i18n';
import { type EventList, eventsHref, stationHref } from '@/app/search';
import { DataTable } from '@/primitives/DataTable/DataTable';
import type { Column } from '@/primitives/DataTable/types';
import { isCounted } from '@/primitives/FilterBar/completion';
import { addTerm, termFor, termForAny } from '@/primitives/FilterBar/terms';
import { Empty, Failure, Waiting } from '@/primitives/State';
import { AccountCell, CodeCell, HostileText, PathCell } from '@/primitives/Text';
import { useCopy } from '@/primitives/useCopy';
import { NothingFound } from './NothingFound';
import classes from './Stack.module.css';
import { useFieldTexts } from './useFieldTexts';

/** As many values as the server tells of one field. */
const most = 100;

interface StackProps {
  list: EventList;
  field: string;
  of: Search;
  tools: ReactNode;
  before: ReactNode;
}

const keyOf = (row: FacetValue) => row.value;

/**
 * The values of one field in all events of the search, with how many have each:
 * what stands out is what few have. A value chosen narrows the search.
 */
export function Stack({ list, field, of, tools, before }: StackProps) {
  const { t, fmt } = useI18n();
  const navigate = useNavigate();
  const copy = useCopy();
  const { search, go } = useEventAddress();
  const texts = useFieldTexts();
  const rarest = search.rank !== 'common';
  const counts = useQuery({
    ...queries.facets(of, [field], most, rarest ? 'asc' : 'desc'),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const facet = counts.data?.facets[0]?.field === field ? counts.data.facets[0] : undefined;
  const rows = facet?.values ?? noValues;
  const narrowed = (term: string) => addTerm(search.q ?? '', term);
  const hrefOf = (row: FacetValue) =>
    eventsHref({ ...search, q: narrowed(termFor(field, row.value)), stack: undefined, rank: undefined }, list);
  const columns = useStackColumns(list, field, counts.data?.events ?? 0);

  return (
    <DataTable
      id="stack"
      label={t('stack.title', { field: texts.name(field) })}
      columns={columns}
      rows={rows}
      keyOf={keyOf}
      total={rows.length}
      stale={counts.isPlaceholderData}
      busy={counts.isFetching}
      question={JSON.stringify([of, field, rarest])}
      sort={{ column: 'count', descending: !rarest }}
      onSort={() => go({ rank: rarest ? 'common' : undefined })}
      onOpen={(row) => void navigate({ href: hrefOf(row) })}
      onClose={() => go({ stack: undefined, rank: undefined })}
      hrefOf={hrefOf}
      bulk={(picked) => {
        const values = picked.map(keyOf);
        const narrow = (negated: boolean) =>
          go({ q: narrowed(termForAny(field, values, negated)), stack: negated ? field : undefined });
        return (
          <>
            <Button size="compact-sm" leftSection={<IconFilter size={14} />} onClick={() => narrow(false)}>
              {t('stack.filterFor')}
            </Button>
            <Button size="compact-sm" leftSection={<IconFilterOff size={14} />} onClick={() => narrow(true)}>
              {t('stack.filterOut')}
            </Button>
            <Button
              size="compact-sm"
              leftSection={<IconCopy size={14} />}
              onClick={() =>
                copy(values.join('\n'), t('stack.copied', { n: values.length, values: fmt.number(values.length) }))
              }
            >
              {t('stack.copy')}
            </Button>
          </>
        );
      }}
      summary={
        <>
          {before}
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconArrowLeft size={14} />}
            onClick={() => go({ stack: undefined, rank: undefined })}
          >
            {t('stack.back')}
          </Button>
          <FieldSelect field={field} onChange={(next) => go({ stack: next })} />
        </>
      }
      tools={tools}
      footer={
        counts.data && facet && counts.data.events > 0 ? (
          <Footer
            list={list}
            data={counts.data}
            onBlank={() => go({ q: narrowed(termFor(field, '')), stack: undefined, rank: undefined })}
          />
        ) : null
      }
      empty={
        counts.error ? (
          <Failure what={t('stack.failed')} error={counts.error} onRetry={() => void counts.refetch()} />
        ) : counts.isPending || !facet ? (
          <Waiting lines={12} />
        ) : counts.data?.events === 0 ? (
          <NothingFound />
        ) : (
          <Empty title={t('stack.none')}>{t('stack.noneText')}</Empty>
        )
      }
    />
  );
}

const noValues: FacetValue[] = [];

/** Which field is stacked by. */
function FieldSelect({ field, onChange }: { field: string; onChange(field: string): void }) {
  const { t } = useI18n();
  const texts = useFieldTexts();
  const { data: known } = useQuery(queries.fields());
  const names = known?.fields.filter(isCounted).map((each) => each.name) ?? [];
  return (
    <div className={classes.field}>
      <span>{t('stack.field')}</span>
      <NativeSelect
        size="xs"
        aria-label={t('stack.field')}
        value={field}
        onChange={(event) => onChange(event.currentTarget.value)}
        data={(names.includes(field) ? names : [field, ...names]).map((name) => ({
          value: name,
          label: texts.name(name) === name ? name : `${texts.name(name)} (${name})`,
        }))}
      />
    </div>
  );
}

/** What the values listed leave out. */
function Footer({ list, data, onBlank }: { list: EventList; data: Facets; onBlank(): void }) {
  const { t, fmt } = useI18n();
  const facet = data.facets[0]!;
  const parts = [
    t('stack.summary', {
      n: facet.values.length,
      values: fmt.number(facet.values.length),
      rows: t(`${list}.count`, { n: data.events, events: fmt.number(data.events) }),
    }),
    facet.others > 0 ? t('stack.others', { rows: fmt.number(facet.others) }) : undefined,
    data.complete
      ? undefined
      : data.searched_to
        ? t('facets.since', { n: data.events, events: fmt.number(data.events), time: fmt.dateTime(data.searched_to) })
        : t('facets.incomplete'),
    facet.blank > 0 ? t('stack.blank', { rows: fmt.number(facet.blank) }) : undefined,
  ];
  return (
    <>
      <span>{parts.filter(Boolean).join(' · ')}</span>
      {facet.blank > 0 ? (
        <Button size="compact-sm" onClick={onBlank}>
          {t('stack.showBlank')}
        </Button>
      ) : null}
    </>
  );
}

function useStackColumns(list: EventList, field: string, events: number): Column<FacetValue>[] {
  const { t, fmt } = useI18n();
  const texts = useFieldTexts();
  return useMemo(
    () => [
      {
        id: 'value',
        header: texts.name(field),
        width: 320,
        grow: true,
        value: (row) => ({
          field,
          value: row.value,
          page: field === 'station' && row.id !== undefined ? { href: stationHref(row.id) } : undefined,
        }),
        render: (row) => <StackValue field={field} value={row.value} text={texts.value(field, row.value)} />,
      },
      {
        id: 'count',
        header: t(`tab.${list}`),
        width: 112,
        align: 'end',
        sortable: true,
        render: (row) => fmt.number(row.count),
      },
      {
        id: 'share',
        header: t('stack.share'),
        width: 240,
        wideOnly: true,
        render: (row) => <Share share={events > 0 ? row.count / events : 0} />,
      },
    ],
    [list, field, events, texts, t, fmt],
  );
}

function StackValue({ field, value, text }: { field: string; value: string; text: string }) {
  if (/command_line$/.test(field)) return <CodeCell>{value}</CodeCell>;
  if (/(image|directory)$/.test(field)) return <PathCell>{value}</PathCell>;
  if (/user$/.test(field)) return <AccountCell>{value}</AccountCell>;
  return <HostileText limit={400}>{text}</HostileText>;
}

function Share({ share }: { share: number }) {
  const { fmt } = useI18n();
  return (
    <span className={classes.share}>
      <span
        className={classes.bar}
        aria-hidden="true"
        ref={(element) => void element?.style.setProperty('--share', String(share))}
      />
      {share > 0 && share < 0.005 ? `< ${fmt.percent(0.01)}` : fmt.percent(share)}
    </span>
  );
}
