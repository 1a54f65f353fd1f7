import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { queries } from '@/api/queries';
import { findField, isCounted } from '@/primitives/FilterBar/completion';
import type { FilterBarHandle } from '@/primitives/FilterBar/FilterBar';
import { addTerm, termFor } from '@/primitives/FilterBar/terms';
import { ValueMenuProvider } from '@/primitives/ValueMenu';
import { WhenOpened } from '@/primitives/WhenOpened';
import { useEventAddress } from '../eventSearch';
import { useFilterTarget } from '../filterTarget';
import { useI18n } from '../i18n';
import { Completeness } from './Completeness';
import { Connection } from './Connection';
import { Rail } from './Rail';
import classes from './Shell.module.css';
import { TopBar } from './TopBar';

const KeyHelp = lazy(async () => ({ default: (await import('@/primitives/KeyHelp')).KeyHelp }));

export function Shell() {
  const { t } = useI18n();
  const narrow = useMediaQuery('(max-width: 899px)', false, { getInitialValueInEffect: false });
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const [menu, setMenu] = useState(false);
  const [help, setHelp] = useState(false);
  const filter = useRef<FilterBarHandle>(null);
  const events = useEventAddress();
  const target = useFilterTarget();
  const { data: known } = useQuery(queries.fields());
  const { data: there } = useQuery(queries.fields(target.of));
  const eventField = (name: string) => (known ? findField(known.fields, name) : undefined);
  const targetField = (name: string) => (there ? findField(there.fields, name) : undefined);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when a page was chosen
  useEffect(() => setMenu(false), [pathname]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (target?.closest('input:not([type=checkbox]), textarea, select, [role=dialog], [role=menu]')) return;
      if (event.key === '/') {
        event.preventDefault();
        filter.current?.focus();
      } else if (event.key === '?') {
        event.preventDefault();
        setHelp(true);
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    <ValueMenuProvider
      canFilter={(field) => eventField(field) !== undefined || targetField(field) !== undefined}
      onFilter={(field, value, negated) => {
        const term = termFor(field, value, negated);
        // What the list shown knows nothing of narrows the events.
        if (targetField(field)) target.apply(addTerm(target.q, term));
        else events.go({ q: term });
      }}
      canStack={(name) => {
        const field = eventField(name);
        return field !== undefined && isCounted(field);
      }}
      onStack={(field) => events.go({ stack: field, rank: undefined, p: undefined })}
    >
      <button type="button" className={classes.skip} onClick={() => document.getElementById('content')?.focus()}>
        {t('skip')}
      </button>
      <div className={classes.shell}>
        {narrow ? null : <Rail />}
        {narrow && menu ? <Rail overlay onClose={() => setMenu(false)} /> : null}
        <div className={classes.column}>
          <TopBar filter={filter} onMenu={narrow ? () => setMenu(true) : undefined} onHelp={() => setHelp(true)} />
          <Connection />
          <Completeness />
          <main id="content" className={classes.content} tabIndex={-1}>
            <Suspense fallback={null}>
              <Outlet />
            </Suspense>
          </main>
        </div>
      </div>
      <WhenOpened opened={help}>{(opened) => <KeyHelp opened={opened} onClose={() => setHelp(false)} />}</WhenOpened>
    </ValueMenuProvider>
  );
}
