import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { queries } from '@/api/queries';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { binaryHref, eventsHref, stationHref } from '@/app/search';
import { termFor } from '@/primitives/FilterBar/terms';
import { ProgressLine } from '@/primitives/ProgressLine';
import { Failure, Waiting } from '@/primitives/State';
import { TreeTools } from '@/primitives/TreeView/TreeTools';
import { TreeView } from '@/primitives/TreeView/TreeView';
import { emptyState, found, revealed, type TreeIndex, type TreeItem, type TreeState } from '@/primitives/TreeView/tree';
import type { Value } from '@/primitives/ValueMenu';
import { processHref } from '../events/fields';
import type { ProcessAddress } from './useAddress';
import { type Tree, useTree } from './useTree';

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
  const { search, change, changeSoon, settle } = address;
  const apart = search.apart === 'yes';
  const [view, setView] = useView(row.process);
  const state = useMemo(() => ({ ...view, apart }), [view, apart]);
  const [current, setCurrent] = useState(search.at && index.byId.has(search.at) ? search.at : row.process);
  const [text, setText] = useState(search.find ?? '');
  /** What this tree itself put into the address. */
  const told = useRef(search.at);
  const box = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLDivElement>(null);

  const looked = useDeferredValue(text);
  const matches = useMemo(() => found(index, looked, apart), [index, looked, apart]);
  const marks = useMemo(() => new Set(matches), [matches]);

  const come = useCallback(
    (key: string) => {
      setCurrent(key);
      if (index.byId.get(key)?.unseen || !index.byId.has(key)) return;
      told.current = key === row.process ? undefined : key;
      changeSoon({ at: told.current });
    },
    [index, changeSoon, row.process],
  );
  const show = (id: string) => {
    setView(revealed(index, state, id));
    come(id);
  };
  const onMatch = (by: 1 | -1) => {
    if (matches.length === 0) return;
    const from = matches.indexOf(current);
    const next = from < 0 ? (by > 0 ? 0 : -1) : from + by;
    show(matches[(next + matches.length) % matches.length]!);
  };

  // Where the address leads into the tree, that place is opened once it is there.
  const wanted = useRef(search.at);
  useEffect(() => {
    if (search.at === told.current) return;
    told.current = search.at;
    wanted.current = search.at ?? row.process;
  }, [search.at, row.process]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another address may lead to another place
  useEffect(() => {
    const at = wanted.current;
    if (at === undefined) return;
    if (index.byId.has(at)) {
      wanted.current = undefined;
      setView((old) => revealed(index, { ...old, apart }, at));
      setCurrent(at);
    } else if (!tree.reading) tree.locate(at);
  }, [search.at, index, apart, tree, setView]);
  useEffect(() => setText((old) => (old.trim() === (search.find ?? '') ? old : (search.find ?? ''))), [search.find]);

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
      onState={setView}
      current={current}
      onCurrent={come}
      matches={marks}
      onMatch={onMatch}
      onFind={() => {
        box.current?.focus();
        box.current?.select();
      }}
      hrefOf={hrefOf}
      onVisit={(href) => {
        settle();
        void navigate({ href });
      }}
      valueFor={valueFor}
      wholeLine={wholeLine}
      onMissing={tree.below}
      tools={
        <TreeTools
          box={box}
          text={text}
          onText={(next) => {
            setText(next);
            changeSoon({ find: next.trim() || undefined });
          }}
          at={matches.indexOf(current)}
          matches={matches.length}
          onMatch={onMatch}
          onLeave={() => body.current?.focus({ preventScroll: true })}
          apart={apart}
          onApart={(on) => change({ apart: on ? 'yes' : undefined }, { replace: true })}
          whole={tree.loaded > 0 ? t('tree.loaded', { n: tree.loaded, loaded: fmt.number(tree.loaded) }) : undefined}
        >
          {tree.reading || tree.waits ? <Extent tree={tree} /> : null}
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

/** What is open and folded, kept while the reader is on other pages, so that coming back shows the same. */
function useView(process: string) {
  const client = useQueryClient();
  const [view, setView] = useState<TreeState>(() => client.getQueryData(['process', process, 'view']) ?? emptyState);
  useEffect(() => {
    client.setQueryData(['process', process, 'view'], view);
  }, [client, process, view]);
  return [view, setView] as const;
}
