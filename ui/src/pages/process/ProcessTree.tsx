import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useMemo, useRef } from 'react';
import { queries } from '@/api/queries';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { binaryHref, eventsHref, stationHref } from '@/app/search';
import { termFor } from '@/primitives/FilterBar/terms';
import { ProgressLine } from '@/primitives/ProgressLine';
import { Failure, Waiting } from '@/primitives/State';
import { found } from '@/primitives/TreeView/find';
import { TreeTools } from '@/primitives/TreeView/TreeTools';
import { TreeView } from '@/primitives/TreeView/TreeView';
import type { TreeIndex, TreeItem } from '@/primitives/TreeView/tree';
import type { Value } from '@/primitives/ValueMenu';
import { processHref } from '../events/fields';
import type { ProcessAddress } from './useAddress';
import { type Tree, useTree } from './useTree';
import { useView } from './useView';

/** The tree around a process: who started it, what runs beside it, what it started. */
export function ProcessTree({ row, address }: { row: EventRow; address: ProcessAddress }) {
  const { t } = useI18n();
  const tree = useTree(row);
  if (!tree.index) return <Waiting lines={8} />;
  return (
    <>
      {tree.error ? <Failure compact what={t('process.familyFailed')} error={tree.error} onRetry={tree.goOn} /> : null}
      <Shown row={row} address={address} tree={tree} index={tree.index} />
    </>
  );
}

interface ShownProps {
  row: EventRow;
  address: ProcessAddress;
  tree: Tree;
  index: TreeIndex;
}

function Shown({ row, address, tree, index }: ShownProps) {
  const { t, fmt } = useI18n();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { change, settle } = address;
  const { state, setState, current, come, show, find, setFind } = useView(row.process, tree, index, address);
  const { apart } = state;
  const box = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLDivElement>(null);

  const looked = useDeferredValue(find);
  const matches = useMemo(() => found(index, looked, apart), [index, looked, apart]);
  const marks = useMemo(() => new Set(matches), [matches]);
  const partly = tree.reading || tree.waits;
  const onMatch = (by: 1 | -1) => {
    // Whoever types and goes on at once is ahead of what is drawn.
    const list = looked === find ? matches : found(index, find, apart);
    if (list.length === 0) return;
    const from = list.indexOf(current);
    const next = from < 0 ? (by > 0 ? 0 : -1) : from + by;
    show(list[(next + list.length) % list.length]!);
  };

  const hrefOf = useCallback((item: TreeItem) => (item.unseen ? undefined : processHref(item.process)), []);
  const valueFor = (item: TreeItem): Value => ({
    field: item.image ? 'image' : 'pid',
    value: item.image ?? String(item.pid),
    page: item.unseen ? undefined : { href: processHref(item.process) },
    also: [
      ...(item.binary_id ? [{ href: binaryHref(item.binary_id), label: t('tree.toBinary') }] : []),
      { href: stationHref(row.station_id), label: t('tree.toStation') },
      ...(item.user
        ? [{ href: eventsHref({ q: termFor('user', item.user), range: 'all' }), label: t('tree.toUser') }]
        : []),
    ],
  });
  const wholeLine = useCallback(
    async (item: TreeItem) => (await client.fetchQuery(queries.process(item.process))).command_line,
    [client],
  );

  return (
    <TreeView
      label={t('process.family')}
      body={body}
      index={index}
      state={state}
      onState={setState}
      current={current}
      onCurrent={come}
      matches={marks}
      onMatch={onMatch}
      onFind={() => {
        box.current?.focus();
        box.current?.select();
      }}
      hrefOf={hrefOf}
      onVisit={(href) => void settle().then(() => navigate({ href }))}
      valueFor={valueFor}
      wholeLine={wholeLine}
      onMissing={tree.below}
      tools={
        <TreeTools
          box={box}
          text={find}
          onText={setFind}
          at={matches.indexOf(current)}
          matches={matches.length}
          onMatch={onMatch}
          onLeave={() => body.current?.focus({ preventScroll: true })}
          apart={apart}
          onApart={(on) => void change({ apart: on ? 'yes' : undefined }, { replace: true })}
          whole={
            tree.loaded > 0 && !partly
              ? t('tree.loaded', { n: tree.loaded, loaded: fmt.number(tree.loaded) })
              : undefined
          }
        >
          {partly ? <Extent tree={tree} /> : null}
        </TreeTools>
      }
    />
  );
}

/** What of the tree is being read, or waits to be. */
function Extent({ tree }: { tree: Tree }) {
  const { t, fmt } = useI18n();
  const { loaded, known, reading, stop, goOn } = tree;
  const text = t('tree.loadedOf', { loaded: fmt.number(loaded), known: fmt.number(known) });
  return (
    <>
      {reading ? <ProgressLine label={t('tree.reading')} text={text} done={loaded} of={known} /> : <span>{text}</span>}
      <Button size="compact-xs" onClick={reading ? stop : goOn}>
        {reading ? t('stop') : t('tree.readAll')}
      </Button>
    </>
  );
}
