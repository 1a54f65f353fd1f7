import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, useMemo, useState } from 'react';
import { useI18n } from '@/app/i18n';
import { Bands } from '../Coverage/Bands';
import type { Band } from '../Coverage/bands';
import { cut, visible } from '../hostile';
import { HostileText } from '../Text';
import { useTimeTicks } from '../timeTicks';
import classes from './Lanes.module.css';
import { type Bar, lanesOf, type Span } from './lanes';

export interface LaneSpan extends Span {
  href: string;
  /** In words: what it is and when it was. */
  title: string;
  kind?: 'marked' | 'parent' | 'child';
  /** Its beginning is not known. */
  open?: boolean;
}

interface LanesProps {
  label: string;
  spans: LaneSpan[];
  from: number;
  to: number;
  /** An instant to mark with a line. */
  mark?: number;
  /** When something is missing. */
  bands?: readonly Band[];
}

const laneHeight = 22;

/** Spans of time beside one another: each a bar from its start to its end, which leads to its page. */
export function Lanes({ label, spans, from, to, mark, bands }: LanesProps) {
  const { t } = useI18n();
  const { ref, width } = useElementSize<HTMLDivElement>();
  const bars = useMemo(() => (width > 0 ? lanesOf(spans, from, to, width) : []), [spans, from, to, width]);
  const ticks = useTimeTicks(from, to, width);
  const [current, setCurrent] = useState<string>();
  const inTime = useMemo(() => [...bars].sort((a, b) => a.span.from - b.span.from), [bars]);
  const lanes = bars.reduce((most, bar) => Math.max(most, bar.lane + 1), 0);
  const active = bars.some((bar) => bar.span.key === current) ? current : spans[0]?.key;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = inTime.findIndex((bar) => bar.span.key === active);
    const to = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: 0,
      End: bars.length - 1,
    }[event.key];
    const next = to === undefined ? undefined : inTime[Math.max(0, Math.min(bars.length - 1, to))];
    if (!next) return;
    event.preventDefault();
    setCurrent(next.span.key);
    event.currentTarget.querySelector<HTMLElement>(`[data-bar="${CSS.escape(next.span.key)}"]`)?.focus();
  };

  return (
    <div className={classes.root}>
      <div className={classes.axis} aria-hidden="true">
        {ticks.map(({ at, text }) => (
          <span
            key={at}
            className={classes.tick}
            ref={(element) => void element?.style.setProperty('--left', `${at}px`)}
          >
            {text}
          </span>
        ))}
      </div>
      <div
        ref={ref}
        className={classes.plot}
        role="group"
        aria-label={label}
        aria-roledescription={t('lanes.kind')}
        onKeyDown={onKeyDown}
      >
        <div
          className={classes.lanes}
          ref={(element) => void element?.style.setProperty('--height', `${lanes * laneHeight}px`)}
        >
          <Bands bands={bands} from={from} to={to} width={width} />
          {ticks.map(({ at }) => (
            <i
              key={at}
              className={classes.line}
              ref={(element) => void element?.style.setProperty('--left', `${at}px`)}
            />
          ))}
          {mark === undefined || mark < from || mark > to ? null : (
            <i
              className={classes.mark}
              ref={(element) =>
                void element?.style.setProperty('--left', `${((mark - from) / Math.max(1, to - from)) * width}px`)
              }
            />
          )}
          {bars.map((bar) => (
            <BarLink key={bar.span.key} bar={bar} active={bar.span.key === active} onFocus={setCurrent} />
          ))}
        </div>
      </div>
    </div>
  );
}

function BarLink({ bar, active, onFocus }: { bar: Bar<LaneSpan>; active: boolean; onFocus(key: string): void }) {
  const { span } = bar;
  return (
    <a
      className={classes.bar}
      href={span.href}
      tabIndex={active ? 0 : -1}
      title={visible(cut(span.title, 1000))}
      aria-label={visible(cut(span.title, 300))}
      aria-current={span.kind === 'marked' ? 'true' : undefined}
      data-bar={span.key}
      data-kind={span.kind}
      data-inside={bar.inside || undefined}
      data-cut-left={bar.cutLeft || span.open || undefined}
      data-cut-right={bar.cutRight || undefined}
      onFocus={() => onFocus(span.key)}
      ref={(element) => {
        element?.style.setProperty('--left', `${bar.left}px`);
        element?.style.setProperty('--width', `${bar.width}px`);
        element?.style.setProperty('--top', `${bar.lane * laneHeight}px`);
      }}
    >
      <span className={classes.body} />
      <span className={classes.name}>
        {span.kind === 'child' ? '↳ ' : span.kind === 'parent' ? '↑ ' : ''}
        <HostileText limit={60}>{span.name}</HostileText>
      </span>
    </a>
  );
}
