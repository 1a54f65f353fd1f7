import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { Across, Board } from '@/primitives/Board';
import { termFor } from '@/primitives/FilterBar/terms';
import { Loaded } from '@/primitives/Loaded';
import { More, None, Panel, Quiet, SmallTable } from '@/primitives/Page';
import { AccountCell, HostileText, TimeCell } from '@/primitives/Text';
import { eventsOf } from './StationHeader';

const most = 500;

/** Who has run something on a station. */
export function StationUsers({ station }: { station: Station }) {
  const { t, fmt } = useI18n();
  const users = useQuery(queries.stationUsers(station.id, most));
  return (
    <Board>
      <Across>
        <Panel title={t('station.users')} flush>
          <Loaded query={users} failed={t('station.usersFailed')}>
            {(found) =>
              found.users.length === 0 ? (
                <None>{t('station.noUsers')}</None>
              ) : (
                <>
                  <SmallTable
                    label={t('station.users')}
                    head={[t('field.user'), t('field.user_sid'), t('station.binaries'), t('stations.firstSeen')]}
                  >
                    {found.users.map((each) => (
                      <tr key={`${each.user_sid ?? ''} ${each.user}`}>
                        <td>
                          <Anchor
                            href={eventsHref({
                              q: `${eventsOf(station)} ${termFor('user', each.user)}`,
                              range: 'all',
                            })}
                          >
                            <AccountCell>{each.user}</AccountCell>
                          </Anchor>
                        </td>
                        <td>
                          {each.user_sid ? (
                            <Quiet>
                              <HostileText limit={100}>{each.user_sid}</HostileText>
                            </Quiet>
                          ) : null}
                        </td>
                        <td data-number="">{fmt.number(each.binaries)}</td>
                        <td>
                          <TimeCell>{each.first_seen}</TimeCell>
                        </td>
                      </tr>
                    ))}
                  </SmallTable>
                  {found.more ? <More>{t('list.moreThere')}</More> : null}
                </>
              )
            }
          </Loaded>
        </Panel>
      </Across>
    </Board>
  );
}
