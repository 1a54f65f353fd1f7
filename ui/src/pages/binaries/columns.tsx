import { Anchor } from '@mantine/core';
import { useMemo } from 'react';
import type { Binary } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { binaryHref } from '@/app/search';
import { Chip, Rarity } from '@/primitives/Chip';
import type { Column } from '@/primitives/DataTable/types';
import { HashCell, HostileText, TimeCell } from '@/primitives/Text';
import { bestHash, formerName } from './describe';
import { Place } from './Place';
import { Signed } from './Signed';

/** The columns of a table of binaries. `here`: those of one station, which the server orders. */
export function useBinaryColumns({ here }: { here?: boolean } = {}): Column<Binary>[] {
  const { t, fmt } = useI18n();
  return useMemo(() => {
    const sortable = !here;
    const text = (member: keyof Binary, header: string, width: number, more: Partial<Column<Binary>> = {}) =>
      ({
        id: member,
        header,
        width,
        value: (row) => (row[member] ? { field: member, value: String(row[member]) } : undefined),
        render: (row) => (row[member] ? <HostileText limit={200}>{String(row[member])}</HostileText> : null),
        ...more,
      }) satisfies Column<Binary>;
    const hash = (member: 'sha1' | 'md5' | 'imphash' | 'entry_sha256', header: string) =>
      text(member, header, 96, {
        hidden: true,
        copied: true,
        render: (row) => <HashCell>{row[member]}</HashCell>,
      });
    const columns: Column<Binary>[] = [
      {
        id: 'name',
        header: t('binary.name'),
        width: 184,
        sortable,
        value: (row) => ({ field: 'name', value: row.name, page: { href: binaryHref(row.id) } }),
        render: (row) => <NameCell binary={row} />,
      },
      {
        id: 'signer',
        header: t('field.signer'),
        width: 120,
        wideOnly: true,
        value: (row) => (row.signer ? { field: 'signer', value: row.signer } : undefined),
        render: (row) => <Signed binary={row} />,
      },
      text('company', t('field.company'), 112, { wideOnly: true }),
      {
        id: 'file_size',
        header: t('field.file_size'),
        width: 84,
        align: 'end',
        wideOnly: true,
        hidden: here,
        value: (row) =>
          row.file_size === undefined ? undefined : { field: 'file_size', value: String(row.file_size) },
        render: (row) => (row.file_size === undefined ? null : fmt.bytes(row.file_size)),
      },
      {
        id: 'stations',
        header: t('binary.stations'),
        width: 88,
        sortable,
        value: (row) => ({ field: 'prevalence', value: String(row.stations) }),
        render: (row) => <Rarity compact prevalence={row.stations} runs={row.runs} />,
      },
      {
        id: 'runs',
        header: t('binary.runs'),
        width: 76,
        align: 'end',
        sortable,
        value: (row) => ({ field: 'runs', value: String(row.runs) }),
        render: (row) => fmt.number(row.runs),
      },
      {
        id: 'first_seen',
        header: t('binary.firstSeen'),
        width: 148,
        sortable,
        render: (row) => <TimeCell>{row.first_seen}</TimeCell>,
      },
      {
        id: 'last_seen',
        header: t('binary.lastSeen'),
        width: 148,
        sortable,
        wideOnly: true,
        hidden: here,
        render: (row) => <TimeCell>{row.last_seen}</TimeCell>,
      },
      {
        id: 'hash',
        header: t('binary.hash'),
        width: 84,
        wideOnly: true,
        copied: true,
        value: (row) => {
          const hash = bestHash(row);
          return hash ? { field: hash.name, value: hash.value } : undefined;
        },
        render: (row) => <HashCell>{bestHash(row)?.value}</HashCell>,
      },
      {
        id: 'image',
        header: t('binary.paths'),
        width: 140,
        grow: true,
        wideOnly: true,
        value: (row) => (row.paths[0] ? { field: 'image', value: row.paths[0] } : undefined),
        render: (row) => <Place binary={row} />,
      },
      text('original_file_name', t('field.original_file_name'), 160, { hidden: true }),
      text('description', t('field.description'), 200, { hidden: true }),
      text('product', t('field.product'), 160, { hidden: true }),
      text('file_version', t('field.file_version'), 120, { hidden: true }),
      hash('sha1', t('field.sha1')),
      hash('md5', t('field.md5')),
      hash('imphash', t('field.imphash')),
      text('architecture', t('field.architecture'), 96, { hidden: true }),
      {
        id: 'entry_entropy',
        header: t('field.entry_entropy'),
        width: 104,
        align: 'end',
        hidden: true,
        value: (row) =>
          row.entry_entropy === undefined ? undefined : { field: 'entry_entropy', value: String(row.entry_entropy) },
        render: (row) => (row.entry_entropy === undefined ? null : fmt.hundredths(row.entry_entropy)),
      },
      hash('entry_sha256', t('field.entry_sha256')),
    ];
    if (here) {
      columns.splice(6, 0, {
        id: 'first_seen_here',
        header: t('binary.firstSeenHere'),
        width: 148,
        render: (row) => <TimeCell>{row.first_seen_here}</TimeCell>,
      });
    }
    return columns;
  }, [t, fmt, here]);
}

function NameCell({ binary }: { binary: Binary }) {
  const { t } = useI18n();
  const former = formerName(binary);
  return (
    <>
      <Anchor href={binaryHref(binary.id)}>
        <HostileText limit={120}>{binary.name}</HostileText>
      </Anchor>{' '}
      {former ? (
        <Chip title={t('binary.renamedTitle')}>
          <HostileText limit={40}>{former}</HostileText>
        </Chip>
      ) : null}
    </>
  );
}
