import { ActionIcon, Tooltip } from '@mantine/core';
import { IconLayoutSidebarLeftExpand } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useI18n } from '@/app/i18n';
import classes from './Facets.module.css';
import type { FacetLayout } from './useFacetLayout';

/** A table, and its facets beside it. */
export function Faceted({ facets, children }: { facets: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.columns}>
      {facets}
      {children}
    </div>
  );
}

/** Brings back facets that are hidden. */
export function ShowFacets({ layout }: { layout: FacetLayout }) {
  const { t } = useI18n();
  if (layout.open) return null;
  return (
    <Tooltip label={t('facets.show')}>
      <ActionIcon aria-label={t('facets.show')} onClick={() => layout.setOpen(true)}>
        <IconLayoutSidebarLeftExpand size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
