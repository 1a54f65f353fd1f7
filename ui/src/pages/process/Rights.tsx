import { useQuery } from '@tanstack/react-query';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Chip, type Tone } from '@/primitives/Chip';
import { Explained } from '@/primitives/Explained';
import { visible } from '@/primitives/hostile';
import { Empty, Waiting } from '@/primitives/State';
import { capabilitiesRanked } from './capabilities/ranks';
import { privilegesRanked } from './privileges/ranks';
import { type Danger, type Held, heldBy } from './rights';

const sentences = {
  privilege: { en: () => import('./privileges/en.json'), es: () => import('./privileges/es.json') },
  capability: { en: () => import('./capabilities/en.json'), es: () => import('./capabilities/es.json') },
};

const tones: Record<Danger, Tone> = { machine: 'bad', some: 'warn', usual: 'plain' };

/** The rights that a process has in force: its capabilities on Linux, else its privileges. */
export function inForce(row: EventRow): { kind: 'capability' | 'privilege'; count?: number } {
  return row.capabilities
    ? { kind: 'capability', count: row.capabilities.length }
    : { kind: 'privilege', count: row.privileges?.length };
}

/** What the process is allowed to do by privilege or capability, each in a sentence, the dangerous ones first. */
export function Rights({ row }: { row: EventRow }) {
  const { t, language } = useI18n();
  const { kind } = inForce(row);
  const { data: explain, isError } = useQuery({
    queryKey: ['rights', kind, language],
    queryFn: async () => (await sentences[kind][language]()).default as Record<string, string>,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const held =
    kind === 'capability'
      ? heldBy(capabilitiesRanked, row.capabilities ?? [], [], row.capabilities_permitted ?? [])
      : heldBy(privilegesRanked, row.privileges ?? [], row.privileges_default ?? [], row.privileges_present ?? []);
  if (held.length === 0) return <Empty title={t(`${kind}.none`)}>{t(`${kind}.noneText`)}</Empty>;
  if (!explain && !isError) return <Waiting lines={6} />;
  // In a user namespace of its own nothing reaches as far as the names say.
  const inside = kind === 'capability' && /\buser=/.test(row.namespaces ?? '');
  const group = (title: string, of: Held[]) => ({
    title,
    items: of.map(({ name, danger, enabled, byDefault }) => ({
      key: name,
      name: visible(name),
      text: explain?.[name] ?? t(`${kind}.unknown`),
      quiet: !enabled,
      chips: (
        <>
          {danger && danger !== 'usual' && !inside ? (
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
          t(`${kind}.enabled`),
          held.filter(({ enabled }) => enabled),
        ),
        group(
          t(`${kind}.present`),
          held.filter(({ enabled }) => !enabled),
        ),
      ]}
      lead={inside ? t('capability.inside') : t(`${kind}.lead`)}
    />
  );
}
