import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { readView, writeView } from '@/primitives/TreeView/address';
import { revealed, type TreeIndex, type TreeState } from '@/primitives/TreeView/tree';
import type { ProcessAddress } from './useAddress';
import type { Tree } from './useTree';

export interface View {
  state: TreeState;
  setState(state: TreeState): void;
  /** The key of the active row. */
  current: string;
  /** Makes a row the active one. */
  come(key: string): void;
  /** Opens what a process is folded under, and makes its row the active one. */
  show(process: string): void;
  find: string;
  setFind(text: string): void;
}

/**
 * What the reader sees of a tree: which rows are open, which one is active,
 * what is looked for. It stands in the address, so that going back, loading
 * anew and handing the address on all lead to the same.
 */
export function useView(self: string, tree: Tree, index: TreeIndex, address: ProcessAddress): View {
  const client = useQueryClient();
  const { search, changeSoon } = address;
  const { reading, locate } = tree;
  const apart = search.apart === 'yes';
  // More may be open than an address can hold: what was seen in this visit is remembered whole.
  const remembered = useMemo(() => ['process', self, 'view'], [self]);
  const [view, setView] = useState<TreeState>(() => {
    const known = client.getQueryData<TreeState>(remembered);
    return known && writeView(known) === search.open ? known : readView(search.open);
  });
  const [current, setCurrent] = useState(search.at && index.byId.has(search.at) ? search.at : self);
  const [find, setText] = useState(search.find ?? '');
  const state = useMemo(() => ({ ...view, apart }), [view, apart]);

  /** The process that is to be seen, whatever more of the tree comes in, until the reader goes on. */
  const wanted = useRef(search.at);
  /** What this tree itself put into the address: anything else there is news. */
  const told = useRef({ at: search.at, open: search.open });
  const setState = useCallback(
    (next: TreeState) => {
      wanted.current = undefined;
      setView(next);
      client.setQueryData(remembered, next);
      told.current.open = writeView(next);
      changeSoon({ open: told.current.open });
    },
    [client, remembered, changeSoon],
  );
  const come = useCallback(
    (key: string) => {
      wanted.current = undefined;
      setCurrent(key);
      // What is not a process has no name that would be the same tomorrow.
      if (!index.byId.has(key) || index.byId.get(key)?.unseen) return;
      told.current.at = key === self ? undefined : key;
      changeSoon({ at: told.current.at });
    },
    [index, changeSoon, self],
  );
  const show = (process: string) => {
    setState(revealed(index, state, process));
    come(process);
    wanted.current = process;
  };
  const setFind = (text: string) => {
    setText(text);
    changeSoon({ find: text.trim() || undefined });
  };

  useEffect(() => {
    if (search.open !== told.current.open) {
      told.current.open = search.open;
      setView(readView(search.open));
    }
    if (search.at !== told.current.at) {
      told.current.at = search.at;
      wanted.current = search.at ?? self;
    }
  }, [search.open, search.at, self]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another address may lead to another place
  useEffect(() => {
    const at = wanted.current;
    if (at === undefined) return;
    if (index.byId.has(at)) {
      setView((old) => revealed(index, { ...old, apart }, at));
      setCurrent(at);
    } else if (!reading) locate(at);
  }, [search.at, index, apart, reading, locate]);
  useEffect(() => setText((old) => (old.trim() === (search.find ?? '') ? old : (search.find ?? ''))), [search.find]);

  return { state, setState, current, come, show, find, setFind };
}
