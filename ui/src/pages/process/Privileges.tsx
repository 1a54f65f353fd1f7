import { useQuery } from '@tanstack/react-query';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Chip, type Tone } from '@/primitives/Chip';
import { Explained } from '@/primitives/Explained';
import { visible } from '@/primitives/hostile';
import { Empty, Waiting } from '@/primitives/State';
import { type Danger, type Held, heldBy } from './privileges/ranks';

const sentences = {
  en: () => import('./privileges/en.json'),
  es: () => import('./privileges/es.json'),
};

const tones: Record<Danger, Tone> = { machine: 'bad', some: 'warn', usual: 'plain' };

/** What the process is allowed to do by privilege, each in a sentence, the dangerous ones first. */
export function Privileges({ row }: { row: EventRow }) {
  const { t, language } = useI18n();
  const { data: explain, isError } = useQuery({
    queryKey: ['privileges', language],
    queryFn: async () => (await sentences[language]()).default as Record<string, string>,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { privileges = [], privileges_default = [], privileges_present = [] } = row;
  const held = heldBy(privileges, privileges_default, privileges_present);
  if (held.length === 0) return <Empty title={t('privilege.none')}>{t('privilege.noneText')}</Empty>;
  if (!explain && !isError) return <Waiting lines={6} />;
  const group = (title: string, of: Held[]) => ({
    title,
    items: of.map(({ name, danger, enabled, byDefault }) => ({
      key: name,
      name: visible(name),
      text: explain?.[name] ?? t('privilege.unknown'),
      quiet: !enabled,
      chips: (
        <>
          {danger && danger !== 'usual' ? (
            <Chip tone={enabled ? tones[danger] : 'plain'}>{t(`privilege.${danger}`)}</Chip>
          ) : null}
          {byDefault ? <Chip>{t('privilege.byDefault')}</Chip> : null}
        </>
      ),
    })),
  });
  return (
    <Explained
      groups={[
        group(
          t('privilege.enabled'),
          held.filter(({ enabled }) => enabled),
        ),
        group(
          t('privilege.present'),
          held.filter(({ enabled }) => !enabled),
        ),
      ]}
      lead={t('privilege.lead')}
    />
  );
}
