import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { Suspense, useEffect, useRef, useState } from 'react';
import { queries } from '@/api/queries';
import { findField } from '@/primitives/FilterBar/completion';
import type { FilterBarHandle } from '@/primitives/FilterBar/FilterBar';
import { addTerm, termFor } from '@/primitives/FilterBar/terms';
import { KeyHelp } from '@/primitives/KeyHelp';
import { ValueMenuProvider } from '@/primitives/ValueMenu';
import { useEventAddress } from '../eventSearch';
import { useI18n } from '../i18n';
import { Rail } from './Rail';
import classes from './Shell.module.css';
import { TopBar } from './TopBar';

export function Shell() {
  const { t } = useI18n();
  const narrow = useMediaQuery('(max-width: 899px)', false, { getInitialValueInEffect: false });
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const [menu, setMenu] = useState(false);
  const [help, setHelp] = useState(false);
  const filter = useRef<FilterBarHandle>(null);
  const events = useEventAddress();
  const { data: known } = useQuery(queries.fields());

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
      canFilter={(field) => known !== undefined && findField(known.fields, field) !== undefined}
      onFilter={(field, value, negated) =>
        events.go({ q: addTerm(events.search.q ?? '', termFor(field, value, negated)) })
      }
    >
      <button type="button" className={classes.skip} onClick={() => document.getElementById('content')?.focus()}>
        {t('skip')}
      </button>
      <div className={classes.shell}>
        {narrow ? null : <Rail />}
        {narrow && menu ? <Rail overlay onClose={() => setMenu(false)} /> : null}
        <div className={classes.column}>
          <TopBar filter={filter} onMenu={narrow ? () => setMenu(true) : undefined} onHelp={() => setHelp(true)} />
          <main id="content" className={classes.content} tabIndex={-1}>
            <Suspense fallback={null}>
              <Outlet />
            </Suspense>
          </main>
        </div>
      </div>
      <KeyHelp opened={help} onClose={() => setHelp(false)} />
    </ValueMenuProvider>
  );
}
