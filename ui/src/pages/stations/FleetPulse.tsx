import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import { useTellCoverage } from '@/app/coverage';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { useBands } from '@/pages/coverage/useBands';
import { pulseHistogram } from '@/pages/overview/pulse';
import { Histogram } from '@/primitives/Histogram';
import { type Span, spanBefore } from './span';

/** The events of the whole fleet over a span that ends with the newest; a brush leads to those of that time. */
export function FleetPulse({ span }: { span: Span }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const { data: overview } = useQuery(queries.overview());
  const newest = overview?.newest;
  const pulse = useQuery({
    ...queries.pulse({ ...(newest ? spanBefore(newest, span) : {}), top: 0 }),
    enabled: newest !== undefined,
    placeholderData: keepPreviousData,
  });
  const within = { from: pulse.data?.from, to: pulse.data?.to };
  useTellCoverage(pulse.data?.coverage, within);
  const bands = useBands(pulse.data?.coverage, within);
  return (
    <Histogram
      data={newest && pulse.data ? pulseHistogram(pulse.data) : undefined}
      stale={pulse.isPlaceholderData}
      bands={bands}
      caption={t('stations.pulse')}
      onBrush={(from, to) => void navigate({ href: eventsHref({ from, to }) })}
    />
  );
}
