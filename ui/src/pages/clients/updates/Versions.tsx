import { Anchor } from '@mantine/core';
import type { UpdateVersion } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { stationsHref } from '@/app/search';
import { Chip, type Tone } from '@/primitives/Chip';
import { None, Panel, Quiet, SmallTable } from '@/primitives/Page';
import type { SignShape } from '@/primitives/Sign';
import { HostileText } from '@/primitives/Text';
import { archText, systemText } from './words';

const looks: Record<UpdateVersion['standing'], { tone: Tone; sign: SignShape; hollow?: boolean }> = {
  current: { tone: 'good', sign: 'check' },
  behind: { tone: 'plain', sign: 'arrow' },
  unable: { tone: 'warn', sign: 'diamond' },
  no_program: { tone: 'plain', sign: 'disc', hollow: true },
};

/** Which agents the fleet has. */
export function Versions({ versions }: { versions: readonly UpdateVersion[] }) {
  const { t, fmt } = useI18n();
  const title = t('updates.versions');
  return (
    <Panel title={title} flush>
      {versions.length === 0 ? (
        <None>{t('updates.noStations')}</None>
      ) : (
        <SmallTable
          label={title}
          head={[
            t('updates.version'),
            t('stations.system'),
            t('tab.stations'),
            t('updates.chosen'),
            t('updates.standing'),
          ]}
        >
          {versions.map((each) => (
            <tr key={`${each.version} ${each.system} ${each.arch}`}>
              <td>
                {each.version === '' ? (
                  <Quiet>{t('gaps.unknown')}</Quiet>
                ) : (
                  <Anchor href={stationsHref({ agent_version: each.version })}>
                    <HostileText limit={60}>{each.version}</HostileText>
                  </Anchor>
                )}
              </td>
              <td>
                {each.system === '' ? (
                  <Quiet>{t('gaps.unknown')}</Quiet>
                ) : (
                  `${systemText(each.system, t)}, ${archText(each.arch, t)}`
                )}
              </td>
              <td data-number>{fmt.number(each.stations)}</td>
              <td data-number>{fmt.number(each.in_scope)}</td>
              <td>
                <Chip {...looks[each.standing]} title={t(`updates.standing.${each.standing}.title`)}>
                  {t(`updates.standing.${each.standing}`)}
                </Chip>
              </td>
            </tr>
          ))}
        </SmallTable>
      )}
    </Panel>
  );
}
