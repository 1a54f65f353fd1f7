import { ActionIcon, Tooltip } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconSearch, IconStack2, IconX } from '@tabler/icons-react';
import type { ReactNode, RefObject } from 'react';
import { useI18n } from '@/app/i18n';
import classes from './TreeView.module.css';

interface TreeToolsProps {
  /** So that a key can lead here. */
  box: RefObject<HTMLInputElement | null>;
  text: string;
  onText(text: string): void;
  /** Which of the matches is the active row, from 0; -1: none of them. */
  at: number;
  matches: number;
  onMatch(by: 1 | -1): void;
  /** Back to the rows. */
  onLeave(): void;
  apart: boolean;
  onApart(apart: boolean): void;
  /** How much there is in all. */
  whole?: string;
  /** Stands below: what is being read, and what waits to be. */
  children?: ReactNode;
}

/** Finding in the tree, and what else one does with it as a whole. */
export function TreeTools({
  box,
  text,
  onText,
  at,
  matches,
  onMatch,
  onLeave,
  apart,
  onApart,
  whole,
  children,
}: TreeToolsProps) {
  const { t, fmt } = useI18n();
  return (
    <>
      <div className={classes.tools}>
        <search className={classes.find}>
          <IconSearch size={14} aria-hidden="true" />
          <input
            ref={box}
            className={classes.box}
            aria-label={t('tree.find')}
            placeholder={t('tree.find')}
            value={text}
            maxLength={200}
            spellCheck={false}
            onChange={(event) => onText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') {
                event.preventDefault();
                onMatch(event.shiftKey ? -1 : 1);
              } else if (event.key === 'Escape') {
                event.preventDefault();
                if (text !== '') onText('');
                onLeave();
              } else if (event.key === 'ArrowDown') {
                event.preventDefault();
                onLeave();
              }
            }}
          />
          {text.trim() === '' ? null : (
            <>
              <span className={classes.hits} role="status">
                {matches === 0
                  ? t('tree.noMatch')
                  : t('tree.matches', { at: at < 0 ? '–' : fmt.number(at + 1), of: fmt.number(matches) })}
              </span>
              <ActionIcon
                size={22}
                aria-label={t('tree.previousMatch')}
                disabled={matches === 0}
                onClick={() => onMatch(-1)}
              >
                <IconChevronUp size={14} />
              </ActionIcon>
              <ActionIcon
                size={22}
                aria-label={t('tree.nextMatch')}
                disabled={matches === 0}
                onClick={() => onMatch(1)}
              >
                <IconChevronDown size={14} />
              </ActionIcon>
              <ActionIcon size={22} aria-label={t('tree.clearFind')} onClick={() => onText('')}>
                <IconX size={14} />
              </ActionIcon>
            </>
          )}
        </search>
        <span className={classes.whole}>{whole}</span>
        <Tooltip label={t('tree.together')}>
          <ActionIcon
            aria-label={t('tree.together')}
            aria-pressed={!apart}
            variant={apart ? 'subtle' : 'light'}
            onClick={() => onApart(!apart)}
          >
            <IconStack2 size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      {children ? <div className={classes.extent}>{children}</div> : null}
    </>
  );
}
