import { Button } from '@mantine/core';
import { IconTimeline } from '@tabler/icons-react';
import type { Gap } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { Swatch } from '@/primitives/Coverage/Swatch';
import { Drawer } from '@/primitives/Drawer/Drawer';
import { Facts } from '@/primitives/Facts';
import { Headline } from '@/primitives/Headline';
import { CodeBlock } from '@/primitives/Text';
import { eventsMissing } from './gaps';

/** How much of what was recorded before and after a gap is shown with it. */
const margin = 60_000;

/** A gap in full. */
export function GapDrawer({ gap, onClose }: { gap: Gap; onClose(): void }) {
  const { t, fmt } = useI18n();
  const around = (iso: string, by: number) => new Date(Date.parse(iso) + by).toISOString();
  return (
    <Drawer
      label={t(`cause.${gap.cause}`)}
      onClose={onClose}
      actions={
        <Button
          size="compact-sm"
          component="a"
          leftSection={<IconTimeline size={14} />}
          href={eventsHref({
            q: `station_id:${gap.station.id}`,
            from: around(gap.from, -margin),
            to: around(gap.to, margin),
          })}
        >
          {t('gaps.around')}
        </Button>
      }
    >
      <Headline level={2} icon={<Swatch />} title={t(`cause.${gap.cause}`)} items={[]}>
        <div>
          {t(`cause.${gap.cause}.text`)} {eventsMissing(gap, t, fmt)}
        </div>
        {gap.detail ? <CodeBlock label={t('gaps.detail')}>{gap.detail}</CodeBlock> : null}
      </Headline>
      <Facts
        groups={[
          {
            title: t('gaps.when'),
            facts: [
              { name: t('gaps.from'), shown: fmt.exact(gap.from) },
              { name: t('gaps.to'), shown: fmt.exact(gap.to) },
              { name: t('gaps.lasted'), shown: fmt.duration(Date.parse(gap.to) - Date.parse(gap.from)) },
              { name: t('gaps.received'), shown: fmt.exact(gap.received) },
              {
                name: t('gaps.numbers'),
                shown:
                  gap.first_seq === undefined
                    ? null
                    : t('gaps.numbersOf', {
                        first: fmt.number(gap.first_seq),
                        last: fmt.number(gap.last_seq ?? gap.first_seq),
                      }),
              },
            ],
          },
        ]}
      />
    </Drawer>
  );
}
