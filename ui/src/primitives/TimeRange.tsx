import { Button, Popover, SegmentedControl, TextInput } from '@mantine/core';
import { IconCheck, IconChevronDown, IconClock } from '@tabler/icons-react';
import { useState } from 'react';
import { useI18n } from '@/app/i18n';
import { setPreferences, usePreferences } from '@/app/preferences';
import { presets, type Range, readInstant, spanOf } from '@/app/range';
import classes from './TimeRange.module.css';

interface TimeRangeProps {
  range: Range;
  onChange(range: Range): void;
}

/** Chooses the span of time: a preset, everything, or two instants. */
export function TimeRange({ range, onChange }: TimeRangeProps) {
  const { t, fmt } = useI18n();
  const { zone } = usePreferences();
  const [opened, setOpened] = useState(false);
  const choose = (next: Range) => {
    setOpened(false);
    onChange(next);
  };
  const options: Range[] = [...presets.map((span): Range => ({ kind: 'last', span })), { kind: 'all' }];
  const name = useRangeName();
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={320} trapFocus returnFocus>
      <Popover.Target>
        <button
          type="button"
          className={classes.button}
          aria-label={t('range.label', { range: name(range) })}
          aria-expanded={opened}
          onClick={() => setOpened(!opened)}
        >
          <IconClock size={16} stroke={1.6} aria-hidden="true" />
          <span>{name(range)}</span>
          <IconChevronDown size={14} aria-hidden="true" />
        </button>
      </Popover.Target>
      <Popover.Dropdown p={8} aria-label={t('range.title')}>
        <div className={classes.presets}>
          {options.map((option) => {
            const current = JSON.stringify(option) === JSON.stringify(range);
            return (
              <button key={name(option)} type="button" aria-pressed={current} onClick={() => choose(option)}>
                {name(option)}
                {current ? <IconCheck size={14} aria-hidden="true" /> : null}
              </button>
            );
          })}
        </div>
        <Between key={`${zone} ${JSON.stringify(range)}`} range={range} onChange={choose} />
        <div className={classes.zone}>
          <span id="range-zone">{t('zone')}</span>
          <SegmentedControl
            aria-labelledby="range-zone"
            value={zone}
            onChange={(value) => setPreferences({ zone: value as 'local' | 'utc' })}
            data={[
              { value: 'local', label: t('zone.local') },
              { value: 'utc', label: t('zone.utc') },
            ]}
          />
        </div>
        {range.kind === 'between' ? (
          <p className={classes.exact}>
            {range.from ? fmt.exact(range.from) : t('range.start')} – {range.to ? fmt.exact(range.to) : t('range.now')}
          </p>
        ) : null}
      </Popover.Dropdown>
    </Popover>
  );
}

function Between({ range, onChange }: TimeRangeProps) {
  const { t, fmt } = useI18n();
  const { zone } = usePreferences();
  const written = (iso: string | undefined) => (iso ? fmt.dateTime(iso) : '');
  const now = Date.now();
  const start =
    range.kind === 'between'
      ? range.from
      : range.kind === 'last'
        ? new Date(now - (spanOf(range.span) ?? 0)).toISOString()
        : undefined;
  const [from, setFrom] = useState(() => written(start));
  const [to, setTo] = useState(() => written(range.kind === 'between' ? range.to : undefined));
  const [tried, setTried] = useState(false);
  const [a, b] = [readInstant(from, zone), readInstant(to, zone)];
  const fromError = from.trim() !== '' && !a ? t('range.badTime') : undefined;
  const toError = to.trim() !== '' && !b ? t('range.badTime') : a && b && a >= b ? t('range.backwards') : undefined;
  return (
    <form
      className={classes.between}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!fromError && !toError && (a || b)) onChange({ kind: 'between', from: a, to: b });
      }}
    >
      <TextInput
        label={t('range.from')}
        placeholder={t('range.placeholder')}
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
        error={fromError}
      />
      <TextInput
        label={t('range.to')}
        placeholder={t('range.now')}
        value={to}
        onChange={(event) => setTo(event.currentTarget.value)}
        error={toError ?? (tried && !a && !b ? t('range.badTime') : undefined)}
      />
      <Button type="submit" variant="filled">
        {t('range.apply')}
      </Button>
    </form>
  );
}

/** What a span is called. */
export function useRangeName(): (range: Range) => string {
  const { t, fmt } = useI18n();
  return (range) => {
    if (range.kind === 'all') return t('range.all');
    if (range.kind === 'last') {
      const n = Number.parseInt(range.span, 10);
      const unit = range.span.slice(-1);
      if (unit === 'm') return t('range.minutes', { n, text: fmt.number(n) });
      if (unit === 'h') return t('range.hours', { n, text: fmt.number(n) });
      return t('range.days', { n, text: fmt.number(n) });
    }
    const { from, to } = range;
    if (!to) return t('range.since', { from: fmt.dateTime(from!).slice(0, 16) });
    if (!from) return t('range.until', { to: fmt.dateTime(to).slice(0, 16) });
    const [a, b] = [fmt.dateTime(from), fmt.dateTime(to)];
    const precise = Date.parse(to) - Date.parse(from) < 600_000 ? 19 : 16;
    return a.slice(0, 10) === b.slice(0, 10)
      ? `${a.slice(0, precise)} – ${b.slice(11, precise)}`
      : `${a.slice(0, 16)} – ${b.slice(0, 16)}`;
  };
}
