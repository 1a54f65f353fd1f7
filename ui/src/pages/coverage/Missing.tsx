import { Anchor } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { CoverageReport, Gap } from '@/api/types';
import type { Lack } from '@/app/coverage';
import { useI18n } from '@/app/i18n';
import { stationHref } from '@/app/search';
import { Swatch } from '@/primitives/Coverage/Swatch';
import { Loaded } from '@/primitives/Loaded';
import { MorePages } from '@/primitives/MorePages';
import { HostileText } from '@/primitives/Text';
import { useNow } from '@/primitives/useNow';
import { eventsMissing } from './gaps';
import classes from './Missing.module.css';
import { spanText } from './summary';

/** As many as are read in one look. */
const few = 8;

/** What the answer on screen lacks, station by station and gap by gap. */
export function Missing({ lack, onLeave }: { lack: Lack; onLeave(): void }) {
  const { t } = useI18n();
  const { coverage, of } = lack;
  const report = useQuery({ ...queries.coverage(of), enabled: coverage.silent + coverage.behind > 0 });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <div className={classes.root} tabIndex={0} role="region" aria-label={t('coverage.title')}>
      <p className={classes.lead}>
        {coverage.gaps > 0 ? <Swatch /> : null} {t('coverage.lead')}
      </p>
      {coverage.silent > 0 ? (
        <Named lack={lack} report={report.data} why="silent" count={coverage.silent} onLeave={onLeave} />
      ) : null}
      {coverage.behind > 0 ? (
        <Named lack={lack} report={report.data} why="behind" count={coverage.behind} onLeave={onLeave} />
      ) : null}
      {coverage.gaps > 0 ? <Gaps lack={lack} onLeave={onLeave} /> : null}
    </div>
  );
}

interface NamedProps {
  lack: Lack;
  report: CoverageReport | undefined;
  why: 'silent' | 'behind';
  count: number;
  onLeave(): void;
}

/** The stations that are silent, or behind. */
function Named({ lack, report, why, count, onLeave }: NamedProps) {
  const { t, fmt } = useI18n();
  const named = report?.examples.filter((each) => each.why === why) ?? [];
  const more = count - named.length;
  return (
    <section className={classes.part} aria-label={t(`coverage.${why}Title`)}>
      <h3 className={classes.title}>
        {t(`coverage.${why}Title`)} <span className={classes.count}>{fmt.number(count)}</span>
      </h3>
      <p className={classes.text}>{t(`coverage.${why}Text`)}</p>
      <ul className={classes.names}>
        {named.map((station) => (
          <li key={station.id}>
            <Anchor href={stationHref(station.id, 'health')} onClick={onLeave}>
              <HostileText limit={60}>{station.name}</HostileText>
            </Anchor>
          </li>
        ))}
        {report && more > 0 ? (
          <li>
            {why === 'silent' && lack.of.station === undefined ? (
              <Anchor href="/stations?show=silent" onClick={onLeave}>
                {t('coverage.more', { more: fmt.number(more) })}
              </Anchor>
            ) : (
              t('coverage.more', { more: fmt.number(more) })
            )}
          </li>
        ) : null}
      </ul>
    </section>
  );
}

/** The gaps within the span, the newest first. */
function Gaps({ lack, onLeave }: { lack: Lack; onLeave(): void }) {
  const { t, fmt } = useI18n();
  const { coverage, of } = lack;
  const gaps = useInfiniteQuery(queries.gaps(of, few));
  return (
    <section className={classes.part} aria-label={t('gaps.title')}>
      <h3 className={classes.title}>
        {t('gaps.title')} <span className={classes.count}>{fmt.number(coverage.gaps)}</span>
      </h3>
      <Loaded query={gaps} failed={t('gaps.failed')}>
        {({ pages }) => (
          <>
            <ul className={classes.gaps}>
              {pages
                .flatMap((page) => page.gaps)
                .map((gap) => (
                  <GapItem key={`${gap.station.id} ${gap.id}`} gap={gap} onLeave={onLeave} />
                ))}
            </ul>
            <MorePages query={gaps} failed={t('gaps.failed')} />
          </>
        )}
      </Loaded>
    </section>
  );
}

function GapItem({ gap, onLeave }: { gap: Gap; onLeave(): void }) {
  const { t, fmt } = useI18n();
  const now = useNow();
  const lasted = Date.parse(gap.to) - Date.parse(gap.from);
  return (
    <li className={classes.gap}>
      <div className={classes.line}>
        <Anchor href={stationHref(gap.station.id, 'gaps')} onClick={onLeave}>
          <HostileText limit={60}>{gap.station.name}</HostileText>
        </Anchor>
        <strong>{t(`cause.${gap.cause}`)}</strong>
        <time className={classes.when} dateTime={gap.from} title={`${fmt.exact(gap.from)} – ${fmt.exact(gap.to)}`}>
          {spanText(gap.from, gap.to, fmt, now)}
          {lasted > 0 ? ` · ${fmt.duration(lasted)}` : ''}
        </time>
      </div>
      <p className={classes.text}>
        {t(`cause.${gap.cause}.text`)} {eventsMissing(gap, t, fmt)}
      </p>
      {gap.detail ? (
        <p className={classes.detail}>
          <HostileText limit={240}>{gap.detail}</HostileText>
        </p>
      ) : null}
    </li>
  );
}
