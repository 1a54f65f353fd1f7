import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { Chip, Rarity } from '@/primitives/Chip';
import { termFor } from '@/primitives/FilterBar/terms';
import { Headline } from '@/primitives/Headline';
import { splitPath } from '@/primitives/hostile';
import { CodeBlock, HostileText } from '@/primitives/Text';
import { exitCode } from '../events/fields';

/** Who, what, where and when, in a glance. */
export function ProcessHeader({ row, page }: { row: EventRow; page?: boolean }) {
  const { t, fmt } = useI18n();
  const ended = row.stopped !== undefined || row.duration_ms !== undefined;
  return (
    <Headline
      level={page ? 1 : 2}
      title={<HostileText>{row.image ? splitPath(row.image).name : t('process.unknown')}</HostileText>}
      subtitle={row.image ? <HostileText>{row.image}</HostileText> : null}
      items={[
        <a key="station" href={eventsHref({ q: termFor('station', row.station), range: 'all' })}>
          <HostileText>{row.station}</HostileText>
        </a>,
        row.user ? <HostileText key="user">{row.user}</HostileText> : null,
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
          {row.exit_code === undefined ? null : <Chip>{t('process.exit', { code: exitCode(row.exit_code) })}</Chip>}
          {row.integrity ? <Chip>{t('process.integrity', { level: t(`integrity.${row.integrity}`) })}</Chip> : null}
          {row.elevated ? <Chip>{t('process.elevated')}</Chip> : null}
          {row.signed === false ? (
            <Chip>{t('unsigned')}</Chip>
          ) : row.signer ? (
            <Chip>{t('process.signedBy', { signer: row.signer })}</Chip>
          ) : null}
          {row.prevalence !== undefined && row.prevalence <= 3 ? (
            <Rarity prevalence={row.prevalence} runs={row.runs} />
          ) : null}
          {row.prevalence !== undefined && row.prevalence > 3 ? (
            <Chip>{t('rarity.on', { n: row.prevalence, stations: fmt.number(row.prevalence) })}</Chip>
          ) : null}
          {row.origin === 'imported' ? <Chip>{t('origin.imported')}</Chip> : null}
        </>
      }
    >
      {row.command_line ? <CodeBlock label={t('field.command_line')}>{row.command_line}</CodeBlock> : null}
    </Headline>
  );
}
