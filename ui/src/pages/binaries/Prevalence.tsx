import { Anchor } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '@/api/queries';
import type { Binary } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { binaryHref, eventsHref, stationHref } from '@/app/search';
import { FacetRank } from '@/pages/events/FacetRank';
import { Board, Stack } from '@/primitives/Board';
import { Chip, Rarity } from '@/primitives/Chip';
import { termFor } from '@/primitives/FilterBar/terms';
import { InShort } from '@/primitives/InShort';
import { Loaded } from '@/primitives/Loaded';
import { MorePages } from '@/primitives/MorePages';
import { More, None, Panel, Quiet, SmallTable } from '@/primitives/Page';
import { AccountCell, CodeCell, HostileText, TimeCell } from '@/primitives/Text';
import { eventsOf } from './describe';

const most = 100;
const inShort = 5;
/** How many stations are told at first, so that what stands below stays near. */
const atFirst = 12;

/** Where a binary ran, who ran it, what started it and what it starts. */
export function Prevalence({ binary }: { binary: Binary }) {
  const { t } = useI18n();
  return (
    <Board>
      <Stack>
        <BinaryStations binary={binary} />
        <Panel title={t('binary.commandLines')} flush>
          <FacetRank
            of={{ q: `${eventsOf(binary)} kind:start` }}
            field="command_line"
            limit={20}
            none={t('binary.noCommandLines')}
            code
          />
        </Panel>
        <Paths binary={binary} />
      </Stack>
      <Stack>
        <BinaryUsers binary={binary} />
        <Launches binary={binary} side="parents" />
        <Launches binary={binary} side="children" />
      </Stack>
    </Board>
  );
}

/** The stations that ran it, those first that ran it first. */
export function BinaryStations({ binary, short }: { binary: Binary; short?: boolean }) {
  const { t, fmt } = useI18n();
  const stations = useInfiniteQuery(queries.binaryStations(binary.id));
  const [opened, setOpened] = useState(false);
  const table = (
    <Loaded query={stations} failed={t('binary.partFailed')}>
      {({ pages }) => {
        const all = pages.flatMap((page) => page.stations);
        const shown = short ? all.slice(0, inShort) : opened ? all : all.slice(0, atFirst);
        return (
          <>
            <SmallTable
              label={t('binary.stations')}
              head={[t('field.station'), t('binary.firstSeen'), t('binary.users')]}
              cut
              widths={[undefined, 180, 96]}
            >
              {shown.map((station) => (
                <tr key={station.id}>
                  <td>
                    <Anchor href={stationHref(station.id)}>
                      <HostileText limit={60}>{station.name}</HostileText>
                    </Anchor>{' '}
                    {station.origin === 'imported' ? <Chip>{t('origin.imported')}</Chip> : null}
                  </td>
                  <td>
                    <TimeCell>{station.first_seen}</TimeCell>
                  </td>
                  <td data-number="">{fmt.number(station.users)}</td>
                </tr>
              ))}
            </SmallTable>
            {short ? null : (
              <MorePages
                query={stations}
                failed={t('binary.partFailed')}
                onReveal={shown.length < all.length ? () => setOpened(true) : undefined}
              />
            )}
          </>
        );
      }}
    </Loaded>
  );
  return (
    <InShort short={short} title={t('binary.stations')} all={binaryHref(binary.id)}>
      {table}
    </InShort>
  );
}

function BinaryUsers({ binary }: { binary: Binary }) {
  const { t, fmt } = useI18n();
  const users = useQuery(queries.binaryUsers(binary.id, most));
  return (
    <Panel title={t('binary.users')} flush>
      <Loaded query={users} failed={t('binary.partFailed')}>
        {(found) =>
          found.users.length === 0 ? (
            <None>{t('binary.noUsers')}</None>
          ) : (
            <>
              <SmallTable
                label={t('binary.users')}
                head={[t('field.user'), t('binary.firstSeen'), t('binary.stations')]}
                cut
                widths={[undefined, 180, 104]}
              >
                {found.users.map((each) => (
                  <tr key={`${each.user_sid ?? ''} ${each.user}`}>
                    <td>
                      <Anchor
                        href={eventsHref({ q: `${eventsOf(binary)} ${termFor('user', each.user)}`, range: 'all' })}
                        title={each.user_sid}
                      >
                        <AccountCell>{each.user}</AccountCell>
                      </Anchor>
                    </td>
                    <td>
                      <TimeCell>{each.first_seen}</TimeCell>
                    </td>
                    <td data-number="">{fmt.number(each.stations)}</td>
                  </tr>
                ))}
              </SmallTable>
              {found.more ? <More>{t('list.moreThere')}</More> : null}
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

/** The binaries that start this one, or that it starts. */
function Launches({ binary, side }: { binary: Binary; side: 'parents' | 'children' }) {
  const { t, fmt } = useI18n();
  const title = t(`binary.${side}`);
  const launches = useQuery(
    side === 'parents' ? queries.binaryParents(binary.id, most) : queries.binaryChildren(binary.id, most),
  );
  const hrefOf = (other: Binary) => {
    const [parent, child] = side === 'parents' ? [other, binary] : [binary, other];
    return eventsHref({ q: `parent_binary_id:${parent.id} ${eventsOf(child)}`, range: 'all' });
  };
  return (
    <Panel title={title} flush>
      <Loaded query={launches} failed={t('binary.partFailed')}>
        {(found) =>
          found.launches.length === 0 ? (
            <None>{t(side === 'parents' ? 'binary.noParents' : 'binary.noChildren')}</None>
          ) : (
            <>
              <SmallTable
                label={title}
                head={[t('binary.one'), t('binary.stations'), t('binary.runs'), t('binary.firstSeen')]}
                cut
                widths={[undefined, 88, 88, 172]}
              >
                {found.launches.map((launch) => (
                  <tr key={launch.binary.id}>
                    <td>
                      <Anchor href={binaryHref(launch.binary.id)}>
                        <HostileText limit={80}>{launch.binary.name}</HostileText>
                      </Anchor>
                      {launch.binary.paths[0] ? (
                        <Quiet>
                          <CodeCell>{launch.binary.paths[0]}</CodeCell>
                        </Quiet>
                      ) : null}
                    </td>
                    <td>
                      <Rarity launch compact prevalence={launch.stations} runs={launch.runs} />
                    </td>
                    <td data-number="">
                      <Anchor href={hrefOf(launch.binary)}>{fmt.number(launch.runs)}</Anchor>
                    </td>
                    <td>
                      <TimeCell>{launch.first_seen}</TimeCell>
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
  );
}

function Paths({ binary }: { binary: Binary }) {
  const { t, fmt } = useI18n();
  return (
    <Panel title={t('binary.paths')} flush>
      {binary.paths.length === 0 ? (
        <None>{t('binary.noPaths')}</None>
      ) : (
        <SmallTable label={t('binary.paths')} head={[t('field.image')]}>
          {binary.paths.map((path) => (
            <tr key={path}>
              <td>
                <Anchor href={eventsHref({ q: `${eventsOf(binary)} ${termFor('image', path)}`, range: 'all' })}>
                  <CodeCell>{path}</CodeCell>
                </Anchor>
              </td>
            </tr>
          ))}
        </SmallTable>
      )}
      {binary.more_paths ? (
        <More>{t('binary.morePaths', { n: binary.more_paths, paths: fmt.number(binary.more_paths) })}</More>
      ) : null}
    </Panel>
  );
}
