import { IconAppWindow } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Binary } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { Chip, Rarity } from '@/primitives/Chip';
import { Headline } from '@/primitives/Headline';
import { visible } from '@/primitives/hostile';
import { Sparkline } from '@/primitives/Sparkline';
import { Stats } from '@/primitives/Stats';
import { HostileText, TimeCell } from '@/primitives/Text';
import { eventsOf, formerName } from './describe';

const buckets = 60;

/** What a binary is, who vouches for it and how common it is, in a glance. */
export function BinaryHeader({ binary, page }: { binary: Binary; page?: boolean }) {
  const { t, fmt } = useI18n();
  const former = formerName(binary);
  const itself = binary.description ?? binary.product;
  return (
    <Headline
      level={page ? 1 : 2}
      icon={<IconAppWindow size={20} stroke={1.6} />}
      title={<HostileText>{binary.name}</HostileText>}
      subtitle={binary.paths[0] ? <HostileText>{binary.paths[0]}</HostileText> : null}
      aside={page ? <Spread binary={binary} /> : null}
      items={[
        itself ? (
          <HostileText key="itself" limit={120}>
            {itself}
          </HostileText>
        ) : null,
        binary.company ? (
          <HostileText key="company" limit={80}>
            {binary.company}
          </HostileText>
        ) : null,
        binary.file_version ? (
          <HostileText key="version" limit={60}>
            {binary.file_version}
          </HostileText>
        ) : null,
        binary.file_size === undefined ? null : fmt.bytes(binary.file_size),
      ]}
      chips={
        <>
          <Rarity full prevalence={binary.stations} runs={binary.runs} />
          {former ? (
            <Chip title={t('binary.renamedTitle')}>
              {t('binary.renamed', { name: '' })}
              <HostileText limit={60}>{former}</HostileText>
            </Chip>
          ) : null}
          {binary.signed === false ? (
            <Chip>{t('unsigned')}</Chip>
          ) : binary.signer ? (
            <Chip title={visible(binary.signer)}>
              {t('binary.signedBy', { signer: '' })}
              <HostileText limit={40}>{binary.signer}</HostileText>
            </Chip>
          ) : null}
          {binary.identified_by === 'path' ? <Chip title={t('binary.byPathTitle')}>{t('binary.byPath')}</Chip> : null}
        </>
      }
    >
      <Stats
        inline
        label={t('binary.tab.prevalence')}
        items={[
          { label: t('binary.stations'), value: fmt.number(binary.stations) },
          {
            label: t('binary.runs'),
            value: fmt.number(binary.runs),
            href: eventsHref({ q: eventsOf(binary), range: 'all' }, 'processes'),
          },
          { label: t('binary.firstSeen'), value: <TimeCell>{binary.first_seen}</TimeCell> },
          { label: t('binary.lastSeen'), value: <TimeCell>{binary.last_seen}</TimeCell> },
        ]}
      />
    </Headline>
  );
}

/** Its runs from the first to the last. */
function Spread({ binary }: { binary: Binary }) {
  const to = new Date(Date.parse(binary.last_seen) + 1).toISOString();
  const { data } = useQuery(
    queries.histogram({ q: `${eventsOf(binary)} kind:start`, from: binary.first_seen, to }, buckets),
  );
  return data && data.buckets.length > 0 ? <Sparkline data={data} /> : null;
}
