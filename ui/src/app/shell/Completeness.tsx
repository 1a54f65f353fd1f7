import { Popover } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { coverageText } from '@/pages/coverage/summary';
import { Swatch } from '@/primitives/Coverage/Swatch';
import { Waiting } from '@/primitives/State';
import { useNow } from '@/primitives/useNow';
import { useLack } from '../coverage';
import { useI18n } from '../i18n';
import classes from './Completeness.module.css';

const Missing = lazy(async () => ({ default: (await import('@/pages/coverage/Missing')).Missing }));

/** Says what the answer on screen lacks, when and only when it lacks something; a click tells all of it. */
export function Completeness() {
  const { t, fmt } = useI18n();
  const now = useNow();
  const lack = useLack();
  const [opened, setOpened] = useState(false);
  const text = lack ? coverageText(lack.coverage, t, fmt, now) : '';
  return (
    <div className={classes.strip} role="status">
      {lack && text ? (
        <Popover opened={opened} onChange={setOpened} position="bottom-start" width={560} trapFocus returnFocus>
          <Popover.Target>
            <button
              type="button"
              className={classes.button}
              aria-expanded={opened}
              onClick={() => setOpened(!opened)}
              data-testid="completeness"
            >
              <Swatch />
              <span className={classes.word}>{t('coverage.incomplete')}</span>
              <span className={classes.text}>{text}</span>
              <IconChevronDown size={14} aria-hidden="true" />
            </button>
          </Popover.Target>
          <Popover.Dropdown p={0} aria-label={t('coverage.title')}>
            <Suspense fallback={<Waiting lines={4} />}>
              <Missing lack={lack} onLeave={() => setOpened(false)} />
            </Suspense>
          </Popover.Dropdown>
        </Popover>
      ) : null}
    </div>
  );
}
