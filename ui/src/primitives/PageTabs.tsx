import { Tabs } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './PageTabs.module.css';

export interface PageTab {
  id: string;
  label: string;
  /** How many things are behind it, where that is known. */
  count?: string;
  /** Fills the page and scrolls by itself, as a table does; anything else is scrolled as a whole. */
  fill?: boolean;
  body(): ReactNode;
}

interface PageTabsProps {
  tabs: PageTab[];
  /** As the address says; anything unknown is the first. */
  value: string | undefined;
  /** The first is told as undefined, so that the usual address stays short. */
  onChange(tab: string | undefined): void;
}

/** The tabs of a thing's page, under its headline. Only the chosen one is made. */
export function PageTabs({ tabs, value, onChange }: PageTabsProps) {
  const first = tabs[0]!;
  const chosen = tabs.find((tab) => tab.id === value) ?? first;
  return (
    <Tabs
      className={classes.root}
      value={chosen.id}
      keepMounted
      onChange={(id) => onChange(id === first.id || id === null ? undefined : id)}
    >
      <Tabs.List className={classes.list}>
        {tabs.map((tab) => (
          <Tabs.Tab key={tab.id} value={tab.id}>
            {tab.label}
            {tab.count === undefined ? null : <span className={classes.count}>{tab.count}</span>}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map((tab) => (
        <Tabs.Panel
          key={tab.id}
          value={tab.id}
          className={tab === chosen ? (tab.fill ? classes.fill : classes.scroll) : undefined}
          // A scrolled region must be reachable by keyboard.
          tabIndex={tab.fill ? undefined : 0}
        >
          {tab === chosen ? tab.body() : null}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
