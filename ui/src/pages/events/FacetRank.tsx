import { useQuery } from '@tanstack/react-query';
import type { Search } from '@/api/client';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { addTerm, termFor } from '@/primitives/FilterBar/terms';
import { visible } from '@/primitives/hostile';
import { Loaded } from '@/primitives/Loaded';
import { More, None } from '@/primitives/Page';
import { RankList } from '@/primitives/RankList';
import { HostileText, PathCell } from '@/primitives/Text';

interface FacetRankProps {
  of: Search;
  field: string;
  limit: number;
  /** What is said where no event has a value. */
  none: string;
  code?: boolean;
  /** The values are paths, known by their file names. */
  path?: boolean;
}

/** The values that a field has in some events, those with most events first; each leads to its events. */
export function FacetRank({ of, field, limit, none, code, path }: FacetRankProps) {
  const { t, fmt } = useI18n();
  const facets = useQuery(queries.facets(of, [field], limit));
  return (
    <Loaded query={facets} failed={t('rank.failed')}>
      {({ facets: [facet], complete, searched_to }) => {
        if (!facet || facet.values.length === 0) return <None>{none}</None>;
        const { others, blank } = facet;
        const rest = [
          others > 0 ? t('rank.others', { n: others, events: fmt.number(others) }) : undefined,
          blank > 0 ? t('rank.blank', { n: blank, events: fmt.number(blank) }) : undefined,
          !complete && searched_to ? t('rank.cut', { time: fmt.dateTime(searched_to) }) : undefined,
        ].filter(Boolean);
        return (
          <>
            <RankList
              label={t(`field.${field}` as 'field.user')}
              code={code}
              items={facet.values.map(({ value, count }) => ({
                key: value,
                name: path ? <PathCell>{value}</PathCell> : <HostileText limit={300}>{value}</HostileText>,
                title: visible(value),
                count,
                href: eventsHref({
                  q: addTerm(of.q ?? '', termFor(field, value)),
                  ...(of.from || of.to ? { from: of.from, to: of.to } : { range: 'all' }),
                }),
              }))}
            />
            {rest.length > 0 ? <More>{rest.join(' · ')}</More> : null}
          </>
        );
      }}
    </Loaded>
  );
}
