import { Anchor } from '@mantine/core';
import type { ReactNode } from 'react';
import { useI18n } from '@/app/i18n';
import { Part } from './Headline';
import { Panel } from './Page';

interface InShortProps {
  title: string;
  /** It stands in a Drawer, with the first few rows. */
  short: boolean | undefined;
  /** Where all of them are. */
  all: string;
  children: ReactNode;
}

/** A list that is a panel of a page or, in short, a part of a Drawer with the way to all of it. */
export function InShort({ title, short, all, children }: InShortProps) {
  const { t } = useI18n();
  if (!short) {
    return (
      <Panel title={title} flush>
        {children}
      </Panel>
    );
  }
  const actions = (
    <Anchor size="sm" href={all}>
      {t('list.all')}
    </Anchor>
  );
  return (
    <Part title={title} actions={actions}>
      {children}
    </Part>
  );
}
