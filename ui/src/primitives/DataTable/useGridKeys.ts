import { useEffect } from 'react';
import { useLatest } from '../useLatest';

export interface GridKeys {
  move(by: number): void;
  /** To a cell beside. */
  cell(by: number): void;
  edge(end: boolean): void;
  open(): void;
  openTab(): void;
  pick(): void;
  menu(): void;
  close(): void;
}

const page = 12;

/** Whether a key belongs to something else: a field being typed in, an open menu or dialogue. */
export function taken(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (event.defaultPrevented || event.altKey) return true;
  if (
    target?.closest(
      'input:not([type=checkbox]), textarea, select, [contenteditable], [role=menu], [role=dialog], [role=listbox]',
    )
  )
    return true;
  return document.querySelector('[role=dialog][aria-modal=true], [role=menu]') !== null;
}

/** Keys of the page's main table, wherever the focus is. */
export function useGridKeys(keys: GridKeys): void {
  const onKey = useLatest((event: KeyboardEvent) => {
    if (taken(event)) return;
    const target = event.target instanceof Element ? event.target : null;
    const onControl = target?.closest('a, button, input, [role=separator], [role=tab]') != null;
    // A click leaves the focus on a cell, a closed menu leaves it nowhere: the arrows still walk the rows.
    const inGrid = !onControl && (target === document.body || target?.closest('[role=grid]') != null);
    const command = event.ctrlKey || event.metaKey;
    const run = (action: () => void) => {
      event.preventDefault();
      action();
    };
    if (command && event.key === 'Enter' && !onControl) return run(keys.openTab);
    if (command) return;
    switch (event.key) {
      case 'j':
        return run(() => keys.move(1));
      case 'k':
        return run(() => keys.move(-1));
      case 'x':
        return run(keys.pick);
      case 'm':
        return run(keys.menu);
      case 'g':
        return run(() => keys.edge(false));
      case 'G':
        return run(() => keys.edge(true));
      case 'Escape':
        return run(keys.close);
      case 'Enter':
        return onControl ? undefined : run(keys.open);
    }
    if (!inGrid) return;
    switch (event.key) {
      case 'ArrowDown':
        return run(() => keys.move(1));
      case 'ArrowUp':
        return run(() => keys.move(-1));
      case 'ArrowRight':
        return run(() => keys.cell(1));
      case 'ArrowLeft':
        return run(() => keys.cell(-1));
      case 'PageDown':
        return run(() => keys.move(page));
      case 'PageUp':
        return run(() => keys.move(-page));
      case 'Home':
        return run(() => keys.edge(false));
      case 'End':
        return run(() => keys.edge(true));
      case ' ':
        return run(keys.pick);
      case 'ContextMenu':
        return run(keys.menu);
    }
  });
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onKey]);
}
