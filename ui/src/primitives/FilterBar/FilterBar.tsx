import { ActionIcon, Tooltip } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconHelp, IconSearch, IconX } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import {
  type KeyboardEvent,
  lazy,
  type ReactNode,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useRef,
  useState,
} from 'react';
import { ApiError, type FilterOf } from '@/api/client';
import { queries } from '@/api/queries';
import { useI18n } from '@/app/i18n';
import { WhenOpened } from '../WhenOpened';
import { Chips } from './Chips';
import classes from './FilterBar.module.css';
import { FilterError } from './FilterError';
import { forgetFilters, noteFilter } from './history';
import { Suggestions } from './Suggestions';
import { rangeOf, removeTerm } from './terms';
import { type Suggestion, useSuggestions } from './useSuggestions';

const HelpPanel = lazy(async () => ({ default: (await import('./HelpPanel')).HelpPanel }));

export interface FilterBarHandle {
  focus(): void;
  help(): void;
}

interface FilterBarProps {
  value: string;
  onSubmit(q: string): void;
  /** The address of a page with this filter, for the examples. */
  hrefOf(q: string): string;
  /** What the filter chooses among; events, where absent. */
  of?: FilterOf;
  /** Stands at the end of the bar. */
  end?: ReactNode;
  handle?: Ref<FilterBarHandle>;
}

const longestCheck = 1_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The filter, as text with completion while it is written and as chips while it
 * is read. A faulty filter is shown where it is faulty and is never applied.
 */
export function FilterBar({ value, onSubmit, hrefOf, of, end, handle }: FilterBarProps) {
  const { t } = useI18n();
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const errorId = useId();
  const [text, setText] = useState(value);
  const [caret, setCaret] = useState(0);
  const [scroll, setScroll] = useState(0);
  const [focused, setFocused] = useState(false);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const [help, setHelp] = useState(false);

  useEffect(() => setText(value), [value]);
  useImperativeHandle(handle, () => ({
    focus: () => {
      input.current?.focus();
      input.current?.select();
    },
    help: () => setHelp(true),
  }));

  // While one types, half a term is no mistake yet: the check waits for a pause.
  const [settled] = useDebouncedValue(text.trim(), focused ? 500 : 0);
  const check = useQuery({ ...queries.check(settled, of), enabled: settled !== '', retry: false });
  const terms = check.data && settled === value.trim() && text === value ? check.data.terms : [];
  const suggestions = useSuggestions(text, caret, open && focused, of);
  const listed = open && focused && suggestions.length > 0;
  // What is being completed is not wrong, only unfinished.
  const fault = !listed && check.error instanceof ApiError && settled === text.trim() ? check.error.problem : undefined;
  const showChips = !focused && terms.length > 0 && !fault;

  const submit = async (q: string) => {
    const trimmed = q.trim();
    setOpen(false);
    setChosen(-1);
    if (trimmed !== '') {
      try {
        // A slow check holds up nothing: the search refuses a faulty filter too.
        await Promise.race([client.fetchQuery({ ...queries.check(trimmed, of), retry: false }), pause(longestCheck)]);
      } catch (error) {
        if (error instanceof ApiError && error.status === 422) return; // shown below the bar
        // The check failed for another reason: the search itself will say which.
      }
      noteFilter(trimmed);
    }
    setText(trimmed);
    onSubmit(trimmed);
    // From here the keys belong to the table again.
    input.current?.blur();
  };
  const edit = (next: string, at: number) => {
    setText(next);
    setCaret(at);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(at, at);
    });
  };
  const accept = (suggestion: Suggestion) => {
    setChosen(-1);
    if (suggestion.kind === 'recent') {
      void submit(suggestion.edit.text);
      return;
    }
    setOpen(true);
    edit(suggestion.edit.text, suggestion.edit.caret);
  };
  const forget = () => {
    forgetFilters();
    setChosen(-1);
    // The list is read anew when the bar is drawn again.
    setOpen(false);
  };
  const select = (start: number, end: number) => {
    input.current?.focus();
    input.current?.setSelectionRange(start, end);
    setOpen(false);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    const current = suggestions[chosen];
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      if (suggestions.length === 0) return;
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setChosen((chosen + step + suggestions.length + (chosen < 0 && step < 0 ? 1 : 0)) % suggestions.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (listed && current) accept(current);
      else void submit(text);
    } else if (
      event.key === 'Tab' &&
      listed &&
      !event.shiftKey &&
      suggestions[Math.max(chosen, 0)]?.kind !== 'recent'
    ) {
      event.preventDefault();
      accept(suggestions[Math.max(chosen, 0)]!);
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (listed) {
        setOpen(false);
        setChosen(-1);
      } else {
        setText(value);
        input.current?.blur();
      }
    }
  };

  const underline = fault?.position === undefined ? undefined : rangeOf(settled, fault.position, fault.length ?? 1);
  const lead = text.length - text.trimStart().length;

  return (
    <search className={classes.root}>
      <div className={classes.bar} data-focused={focused || undefined} data-fault={fault ? true : undefined}>
        <IconSearch className={classes.icon} size={16} aria-hidden="true" />
        <div className={classes.field}>
          {showChips ? (
            <Chips
              q={value}
              terms={terms}
              onEdit={(term) => {
                const { start, end } = rangeOf(value, term.position, term.length);
                select(start, end);
              }}
              onRemove={(index) => void submit(removeTerm(value, terms, index))}
            />
          ) : null}
          {underline ? (
            <div className={classes.mirror} aria-hidden="true">
              <span ref={(element) => void element?.style.setProperty('transform', `translateX(${-scroll}px)`)}>
                {text.slice(0, lead + underline.start)}
                <u>
                  {text.slice(lead + underline.start, Math.max(lead + underline.end, lead + underline.start + 1)) ||
                    '\u00a0'}
                </u>
                {text.slice(lead + underline.end)}
              </span>
            </div>
          ) : null}
          <input
            ref={input}
            className={classes.input}
            data-hidden={showChips || undefined}
            type="text"
            role="combobox"
            aria-label={t('filter.label')}
            aria-expanded={listed}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={listed && chosen >= 0 ? `${listId}-${chosen}` : undefined}
            aria-invalid={fault ? true : undefined}
            aria-describedby={fault ? errorId : undefined}
            placeholder={t('filter.placeholder')}
            autoComplete="off"
            autoCapitalize="off"
            autoCorrect="off"
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              setCaret(event.currentTarget.selectionStart ?? 0);
              setOpen(true);
              setChosen(-1);
            }}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
            onScroll={(event) => setScroll(event.currentTarget.scrollLeft)}
            onFocus={() => setFocused(true)}
            onClick={() => setOpen(true)}
            onBlur={() => {
              setFocused(false);
              setOpen(false);
              setChosen(-1);
            }}
            onKeyDown={onKeyDown}
          />
        </div>
        {text !== '' ? (
          <ActionIcon
            size={22}
            aria-label={t('filter.clear')}
            onMouseDown={(e) => e.preventDefault()}
            onClick={() => void submit('')}
          >
            <IconX size={14} />
          </ActionIcon>
        ) : focused ? null : (
          <span className={classes.key} aria-hidden="true">
            /
          </span>
        )}
        <Tooltip label={t('filter.help')}>
          <ActionIcon size={22} aria-label={t('filter.help')} onClick={() => setHelp(true)}>
            <IconHelp size={16} />
          </ActionIcon>
        </Tooltip>
        {end}
      </div>
      {listed ? (
        <Suggestions id={listId} items={suggestions} chosen={chosen} onAccept={accept} onForget={forget} />
      ) : null}
      {fault ? (
        <FilterError
          id={errorId}
          problem={fault}
          onSuggestion={(suggestion) => {
            const range = underline ?? { start: 0, end: settled.length };
            void submit(settled.slice(0, range.start) + suggestion + settled.slice(range.end));
          }}
        />
      ) : null}
      <WhenOpened opened={help}>
        {(opened) => (
          <HelpPanel
            opened={opened}
            onClose={() => setHelp(false)}
            of={of}
            hrefOf={hrefOf}
            onPick={(q) => void submit(q)}
          />
        )}
      </WhenOpened>
    </search>
  );
}
