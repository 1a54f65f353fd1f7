import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { binaryHref, eventsHref, stationHref } from '@/app/search';
import { Chip, Rarity } from '@/primitives/Chip';
import { termFor } from '@/primitives/FilterBar/terms';
import { Headline } from '@/primitives/Headline';
import { splitPath, visible } from '@/primitives/hostile';
import { CodeBlock, HostileText } from '@/primitives/Text';
import { exitCode } from '../events/fields';

/** How much of a container's id one tells them apart by, as Docker shows it. */
const shortId = 12;

/** Who, what, where and when, in a glance. */
export function ProcessHeader({ row, page }: { row: EventRow; page?: boolean }) {
  const { t, fmt } = useI18n();
  const ended = row.stopped !== undefined || row.duration_ms !== undefined;
  const image = row.image ? <HostileText>{row.image}</HostileText> : null;
  return (
    <Headline
      level={page ? 1 : 2}
      title={<HostileText>{row.image ? splitPath(row.image).name : t('process.unknown')}</HostileText>}
      subtitle={image && row.binary_id ? <a href={binaryHref(row.binary_id)}>{image}</a> : image}
      items={[
        <a key="station" href={stationHref(row.station_id)}>
          <HostileText>{row.station}</HostileText>
        </a>,
        row.user ? (
          <a key="user" href={eventsHref({ q: termFor('user', row.user), range: 'all' })}>
            <HostileText>{row.user}</HostileText>
          </a>
        ) : null,
        <time key="time" dateTime={row.started ?? row.time} title={fmt.exact(row.started ?? row.time)}>
          {fmt.dateTime(row.started ?? row.time)}
        </time>,
        row.duration_ms !== undefined
          ? t('process.ran', { duration: fmt.duration(row.duration_ms) })
          : ended
            ? null
            : t('process.noEnd'),
      ]}
      chips={
        <>
          {row.image_mismatch ? (
            <Chip tone="bad" sign="cross" title={t('mark.mismatchText')}>
              {t('mark.mismatch')}
            </Chip>
          ) : null}
          {row.inferred ? <Chip title={t('mark.inferredText')}>{t('mark.inferred')}</Chip> : null}
          {row.container ? (
            <Chip title={visible(row.container)}>
              {t('mark.container', { id: visible(row.container).slice(0, shortId) })}
            </Chip>
          ) : null}
          {row.app_container ? <Chip>{t('mark.appContainer')}</Chip> : null}
          {row.exit_code === undefined ? null : <Chip>{t('process.exit', { code: exitCode(row.exit_code) })}</Chip>}
          {row.integrity ? <Chip>{t('process.integrity', { level: t(`integrity.${row.integrity}`) })}</Chip> : null}
          {row.elevated ? <Chip>{t('process.elevated')}</Chip> : null}
          {row.signed === false ? (
            <Chip>{t('unsigned')}</Chip>
          ) : row.signer ? (
            <Chip>
              {t('process.signedBy', { signer: '' })}
              <HostileText limit={80}>{row.signer}</HostileText>
            </Chip>
          ) : null}
          <Rarity full prevalence={row.prevalence} runs={row.runs} />
          <Rarity full launch prevalence={row.launch_stations} runs={row.launch_runs} />
          {row.origin === 'imported' ? <Chip>{t('origin.imported')}</Chip> : null}
        </>
      }
    >
      {row.command_line ? <CodeBlock label={t('field.command_line')}>{row.command_line}</CodeBlock> : null}
    </Headline>
  );
}
