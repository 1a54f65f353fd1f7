import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useI18n } from '@/app/i18n';
import { Confirm } from '@/primitives/Confirm';
import { Loaded } from '@/primitives/Loaded';
import { Panel, SmallTable } from '@/primitives/Page';
import { Empty } from '@/primitives/State';
import { Secret, type Shown } from './Secret';

/** What the rows and dialogues of a roster may ask of it. */
export interface RosterActions<T> {
  /** Asks whether a row is to be removed. */
  remove(row: T): void;
  /** Shows a secret the one time it can be seen. */
  show(secret: Shown): void;
}

interface RosterProps<T extends { id: number }> {
  title: string;
  lead: string;
  add: string;
  head: string[];
  query: { data: T[] | undefined; error: Error | null; refetch(): unknown };
  failed: string;
  none?: string;
  /** What one is for, where there is none. */
  noneText?: string;
  cells(row: T, actions: RosterActions<T>): ReactNode[];
  /** The dialogue that adds one; it shows the secret of what it added. */
  adding(close: () => void, show: (secret: Shown) => void): ReactNode;
  removing(row: T): { title: string; text: string; action: string };
  onRemove(row: T): void;
}

/** People or programs that may come in: a list, one more, one less, and the secret that a new one gets. */
export function Roster<T extends { id: number }>(props: RosterProps<T>) {
  const { title, lead, add, head, query, failed, none, noneText, cells, adding, removing, onRemove } = props;
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const [leaving, setLeaving] = useState<T>();
  const [shown, setShown] = useState<Shown>();
  const actions: RosterActions<T> = { remove: setLeaving, show: setShown };
  const asked = leaving && removing(leaving);
  return (
    <Panel
      title={title}
      lead={lead}
      flush
      actions={
        <Button leftSection={<IconPlus size={14} />} onClick={() => setOpen(true)}>
          {add}
        </Button>
      }
    >
      <Loaded query={query} failed={failed}>
        {(rows) =>
          rows.length === 0 && none ? (
            <Empty title={none}>{noneText}</Empty>
          ) : (
            <SmallTable label={title} head={[...head, t('actions')]}>
              {rows.map((row) => (
                <tr key={row.id}>
                  {cells(row, actions).map((cell, i) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the columns never move
                    <td key={i}>{cell}</td>
                  ))}
                </tr>
              ))}
            </SmallTable>
          )
        }
      </Loaded>
      {open
        ? adding(
            () => setOpen(false),
            (secret) => {
              setOpen(false);
              setShown(secret);
            },
          )
        : null}
      {leaving && asked ? (
        <Confirm
          title={asked.title}
          action={asked.action}
          onClose={() => setLeaving(undefined)}
          onConfirm={() => {
            onRemove(leaving);
            setLeaving(undefined);
          }}
        >
          {asked.text}
        </Confirm>
      ) : null}
      {shown ? <Secret shown={shown} onClose={() => setShown(undefined)} /> : null}
    </Panel>
  );
}
