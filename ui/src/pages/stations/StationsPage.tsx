import { ActionIcon, Anchor, Button, Modal, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconSearch, IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Station, StationPage } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { eventsHref } from '@/app/search';
import { useSession } from '@/app/session';
import { Chip } from '@/primitives/Chip';
import { DataTable } from '@/primitives/DataTable/DataTable';
import type { Column } from '@/primitives/DataTable/types';
import { termFor } from '@/primitives/FilterBar/terms';
import { visible } from '@/primitives/hostile';
import { Line, Page } from '@/primitives/Page';
import { Empty, Failure, useErrorText, Waiting } from '@/primitives/State';
import { HostileText, TimeCell } from '@/primitives/Text';
import { usePages } from '@/primitives/usePages';

const rowsOf = (page: StationPage) => page.stations;
const keyOf = (station: Station) => String(station.id);
const eventsOf = (station: Station) => eventsHref({ q: termFor('station', station.name), range: 'all' });

export function StationsPage() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const search = useSearch({ from: '/shell/stations' }).search ?? '';
  const [typed, setTyped] = useState(search);
  const [leaving, setLeaving] = useState<Station>();
  useEffect(() => setTyped(search), [search]);
  const look = useDebouncedCallback((text: string) => {
    void navigate({ to: '/stations', search: text.trim() ? { search: text.trim() } : {}, replace: true });
  }, 250);

  const pages = usePages(
    queries.stations(search) as Parameters<typeof usePages<StationPage, Station>>[0],
    rowsOf,
    keyOf,
  );
  const columns = useStationColumns(setLeaving);
  return (
    <Page title={t('tab.stations')} headless fill>
      <DataTable
        id="stations"
        label={t('tab.stations')}
        columns={columns}
        rows={pages.rows}
        keyOf={keyOf}
        stale={pages.stale}
        busy={pages.busy}
        question={search}
        onNearEnd={pages.more}
        onOpen={(station) => void navigate({ href: eventsOf(station) })}
        hrefOf={eventsOf}
        summary={
          <TextInput
            size="xs"
            w={260}
            aria-label={t('stations.search')}
            placeholder={t('stations.search')}
            leftSection={<IconSearch size={14} />}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              look(event.currentTarget.value);
            }}
          />
        }
        empty={
          pages.error ? (
            <Failure what={t('stations.failed')} error={pages.error} onRetry={pages.goOn} />
          ) : pages.loading ? (
            <Waiting lines={8} />
          ) : search ? (
            <Empty
              title={t('stations.noneMatch', { search: visible(search) })}
              actions={<Anchor href="/stations">{t('stations.all')}</Anchor>}
            />
          ) : (
            <Empty title={t('stations.none')} actions={<Anchor href="/import">{t('events.importFirst')}</Anchor>}>
              {t('stations.noneText')}
            </Empty>
          )
        }
      />
      {leaving ? <RemoveStation station={leaving} onClose={() => setLeaving(undefined)} /> : null}
    </Page>
  );
}

function useStationColumns(onRemove: (station: Station) => void): Column<Station>[] {
  const { t, fmt } = useI18n();
  const { user } = useSession();
  const administrator = user.role === 'administrator';
  return useMemo(() => {
    const columns: Column<Station>[] = [
      {
        id: 'name',
        header: t('stations.name'),
        width: 240,
        grow: true,
        value: (row) => ({
          field: 'station',
          value: row.name,
          page: { href: eventsOf(row), label: t('stations.events') },
        }),
        render: (row) => (
          <Anchor href={eventsOf(row)}>
            <HostileText limit={120}>{row.name}</HostileText>
          </Anchor>
        ),
      },
      {
        id: 'origin',
        header: t('field.origin'),
        width: 112,
        render: (row) => <Chip>{t(`origin.${row.origin}`)}</Chip>,
      },
      {
        id: 'first_seen',
        header: t('stations.firstSeen'),
        width: 176,
        wideOnly: true,
        render: (row) => <TimeCell>{row.first_seen}</TimeCell>,
      },
      {
        id: 'last_seen',
        header: t('stations.lastSeen'),
        width: 176,
        render: (row) => <TimeCell>{row.last_seen}</TimeCell>,
      },
      {
        id: 'processes',
        header: t('stations.processes'),
        width: 112,
        align: 'end',
        render: (row) => (row.processes === undefined ? null : fmt.number(row.processes)),
      },
    ];
    if (administrator) {
      columns.push({
        id: 'actions',
        header: t('actions'),
        width: 88,
        align: 'end',
        render: (row) =>
          row.origin === 'imported' ? (
            <Tooltip label={t('stations.remove')}>
              <ActionIcon
                size={24}
                aria-label={t('stations.removeNamed', { name: visible(row.name) })}
                onClick={() => onRemove(row)}
              >
                <IconTrash size={14} />
              </ActionIcon>
            </Tooltip>
          ) : null,
      });
    }
    return columns;
  }, [t, fmt, administrator, onRemove]);
}

function RemoveStation({ station, onClose }: { station: Station; onClose(): void }) {
  const { t, fmt } = useI18n();
  const client = useQueryClient();
  const errorText = useErrorText();
  const remove = useMutation({
    mutationFn: () => api.deleteStation(station.id),
    onSuccess: async () => {
      notifications.show({ message: t('stations.removed', { name: visible(station.name) }) });
      onClose();
      await client.invalidateQueries({
        predicate: (query) => query.queryKey[0] !== 'session' && query.queryKey[0] !== 'query',
      });
    },
    onError: (error) => notifications.show({ color: 'red', message: errorText(error) }),
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('stations.removeNamed', { name: visible(station.name) })}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <p>{t('stations.removeText', { n: station.processes ?? 0, processes: fmt.number(station.processes ?? 0) })}</p>
      <Line end>
        <Button onClick={onClose} data-autofocus>
          {t('cancel')}
        </Button>
        <Button variant="filled" color="red.9" loading={remove.isPending} onClick={() => remove.mutate()}>
          {t('stations.remove')}
        </Button>
      </Line>
    </Modal>
  );
}
