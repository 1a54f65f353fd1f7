import { Anchor } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { EnrolmentKey, Station } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { usePreferences } from '@/app/preferences';
import { stationHref, stationsHref } from '@/app/search';
import { useFollow } from '@/app/useFollow';
import { visible } from '@/primitives/hostile';
import { Loaded } from '@/primitives/Loaded';
import { More, None, Panel, Quiet, Unseen } from '@/primitives/Page';
import { HostileText, TimeCell } from '@/primitives/Text';
import { StationState } from '../stations/StationState';
import classes from './Enrolled.module.css';

const shown = 50;
/** How often the states of the stations are brought up to date; that one came is told at once. */
const every = 5_000;

/** The stations that enrolled with a key, the newest first, as they come. */
export function Enrolled({ enrolmentKey }: { enrolmentKey: EnrolmentKey | undefined }) {
  const { t } = useI18n();
  return (
    <Panel
      title={t('client.stations')}
      flush
      lead={
        enrolmentKey ? (
          <>
            {t('client.stationsOf')} <HostileText limit={60}>{enrolmentKey.name}</HostileText>
          </>
        ) : null
      }
    >
      {enrolmentKey ? <Stations key={enrolmentKey.id} of={enrolmentKey} /> : <None>{t('client.stationsLater')}</None>}
    </Panel>
  );
}

function Stations({ of }: { of: EnrolmentKey }) {
  const { t, fmt } = useI18n();
  const { live } = usePreferences();
  const client = useQueryClient();
  const options = queries.keyStations(of.id, shown);
  const found = useQuery({ ...options, staleTime: 0, refetchInterval: live ? every : false });
  const [since] = useState(() => new Date().toISOString());
  useFollow(live ? api.liveAddress(undefined, since) : undefined, {
    onStations: () => {
      void client.invalidateQueries({ queryKey: options.queryKey });
      void client.invalidateQueries({ queryKey: queries.enrolmentKeys().queryKey });
    },
  });
  return (
    <Loaded query={found} failed={t('client.stationsFailed')} lines={3}>
      {({ stations, next }) =>
        stations.length === 0 ? (
          <div className={classes.none} role="status">
            <span className={classes.pulse} aria-hidden="true" data-still={!live || undefined} />
            <div>
              <p className={classes.noneTitle}>{t('client.stationsNone')}</p>
              <p className={classes.noneText}>{t(live ? 'client.stationsNoneText' : 'client.stationsNotLive')}</p>
            </div>
          </div>
        ) : (
          <>
            <Unseen>
              <span role="status">
                {t('client.stationsCount', { n: stations.length, stations: fmt.number(stations.length) })}
              </span>
            </Unseen>
            <ol className={classes.list} aria-label={t('client.stations')}>
              {stations.map((station) => (
                <Line key={station.id} station={station} />
              ))}
            </ol>
            {next ? (
              <More>
                <Anchor size="xs" href={stationsHref({ enrolment_key: of.name })}>
                  {t('client.stationsAll')}
                </Anchor>
              </More>
            ) : null}
          </>
        )
      }
    </Loaded>
  );
}

function Line({ station }: { station: Station }) {
  const { name, system, address, enrolled } = station;
  return (
    <li className={classes.line}>
      <div className={classes.head}>
        <Anchor href={stationHref(station.id)} className={classes.name} title={visible(name)}>
          <HostileText limit={80}>{name}</HostileText>
        </Anchor>
        <StationState station={station} short />
      </div>
      <div className={classes.facts}>
        <span className={classes.system}>
          {system ? <HostileText limit={80}>{system}</HostileText> : null}
          {system && address ? ' · ' : null}
          {address ? <HostileText limit={60}>{address}</HostileText> : null}
        </span>
        <Quiet>
          <TimeCell>{enrolled}</TimeCell>
        </Quiet>
      </div>
    </li>
  );
}
