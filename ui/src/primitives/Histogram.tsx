import { ActionIcon, Tooltip } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconZoomOut } from '@tabler/icons-react';
import { type PointerEvent, useRef, useState } from 'react';
import type { Histogram as Data } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Bands } from './Coverage/Bands';
import { type Band, bandAt } from './Coverage/bands';
import classes from './Histogram.module.css';
import { useTimeTicks } from './timeTicks';

const height = 48;
const axis = 16;

interface HistogramProps {
  data: Data | undefined;
  stale: boolean;
  /** When something is missing. */
  bands?: readonly Band[];
  onBrush(from: string, to: string): void;
  /** What it counts, where that is not said elsewhere. */
  caption?: string;
  /** Says in words what is drawn; of events, where absent. */
  label?(of: { n: number; events: string; from: string; to: string }): string;
  /** Looks at more than what is shown; absent where that is all there is. */
  onZoomOut?(): void;
}

/** How many events, or other things, over time. Dragging across it chooses that time. */
export function Histogram({ data, stale, bands = [], onBrush, caption, label, onZoomOut }: HistogramProps) {
  const { t, fmt } = useI18n();
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [brush, setBrush] = useState<{ start: number; end: number }>();
  const [hovered, setHovered] = useState<number>();
  const box = useRef<SVGSVGElement>(null);
  const said: NonNullable<HistogramProps['label']> = (of) => t('histogram.label', of);

  const [from, to] = data ? [Date.parse(data.from), Date.parse(data.to)] : [0, 0];
  const ticks = useTimeTicks(from, to, data ? width : 0);
  if (!data || data.buckets.length === 0 || width === 0)
    return <div ref={ref} className={classes.root} data-waiting={!data || undefined} />;
  const span = Math.max(to - from, 1);
  const x = (time: number) => ((time - from) / span) * width;
  const most = Math.max(1, ...data.buckets.map((bucket) => bucket.count));
  const bucketWidth = (data.bucket_seconds * 1000 * width) / span;
  const total = data.buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const place = (event: PointerEvent) => {
    const rect = box.current!.getBoundingClientRect();
    return Math.max(0, Math.min(width, event.clientX - rect.left));
  };
  const timeAt = (px: number) => from + (px / width) * span;
  const finish = () => {
    if (brush && Math.abs(brush.end - brush.start) >= 4) {
      const [a, b] = [Math.min(brush.start, brush.end), Math.max(brush.start, brush.end)];
      onBrush(new Date(Math.floor(timeAt(a))).toISOString(), new Date(Math.ceil(timeAt(b))).toISOString());
    } else if (brush) {
      // A click on a bar chooses its span.
      const bucket = data.buckets.find((each) => bucketOver(each.start, brush.start));
      if (bucket && bucket.count > 0) {
        const start = Date.parse(bucket.start);
        onBrush(new Date(start).toISOString(), new Date(start + data.bucket_seconds * 1000).toISOString());
      }
    }
    setBrush(undefined);
  };
  const bucketOver = (start: string, px: number) => {
    const left = x(Date.parse(start));
    return px >= left && px < left + bucketWidth;
  };
  const over = hovered === undefined ? undefined : data.buckets.find((each) => bucketOver(each.start, hovered));
  const blind = hovered === undefined ? undefined : bandAt(bands, timeAt(hovered));

  return (
    <div ref={ref} className={classes.root} data-stale={stale || undefined}>
      <div className={classes.behind}>
        <Bands bands={bands} from={from} to={to} width={width} />
      </div>
      <svg
        ref={box}
        className={classes.plot}
        width={width}
        height={height + axis}
        role="img"
        aria-label={(label ?? said)({
          n: total,
          events: fmt.number(total),
          from: fmt.dateTime(data.from),
          to: fmt.dateTime(data.to),
        })}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          const at = place(event);
          setBrush({ start: at, end: at });
        }}
        onPointerMove={(event) => {
          const at = place(event);
          setHovered(at);
          if (brush) setBrush({ ...brush, end: at });
        }}
        onPointerUp={finish}
        onPointerCancel={() => setBrush(undefined)}
        onPointerLeave={() => setHovered(undefined)}
      >
        {data.buckets.map((bucket) => {
          if (bucket.count === 0) return null;
          // Something is never drawn as nothing.
          const h = Math.max(2, Math.round((bucket.count / most) * (height - 4)));
          const left = Math.max(0, x(Date.parse(bucket.start)));
          const right = Math.min(width, x(Date.parse(bucket.start)) + bucketWidth);
          return (
            <rect
              key={bucket.start}
              className={classes.bar}
              data-over={bucket === over || undefined}
              x={left}
              y={height - h}
              width={Math.max(1, right - left - 1)}
              height={h}
            />
          );
        })}
        <line className={classes.base} x1={0} x2={width} y1={height + 0.5} y2={height + 0.5} />
        {ticks.map(({ at, text }) => (
          <text key={at} className={classes.tick} x={at} y={height + 13} textAnchor="middle">
            {text}
          </text>
        ))}
        {brush ? (
          <rect
            className={classes.brush}
            x={Math.min(brush.start, brush.end)}
            y={0}
            width={Math.abs(brush.end - brush.start)}
            height={height}
          />
        ) : null}
      </svg>
      {caption ? <div className={classes.caption}>{caption}</div> : null}
      <div className={classes.corner}>
        {data.complete ? null : <span>{t('histogram.cut')}</span>}
        {onZoomOut ? (
          <Tooltip label={t('histogram.zoomOut')}>
            <ActionIcon variant="default" size={22} aria-label={t('histogram.zoomOut')} onClick={onZoomOut}>
              <IconZoomOut size={14} />
            </ActionIcon>
          </Tooltip>
        ) : null}
      </div>
      {(over || blind) && !brush ? (
        <div
          className={classes.tip}
          ref={(element) =>
            void element?.style.setProperty(
              'left',
              `${Math.min(Math.max(over ? x(Date.parse(over.start)) : hovered!, 100), width - 100)}px`,
            )
          }
        >
          {over ? (
            <>
              <strong>{fmt.number(over.count)}</strong> {fmt.dateTime(over.start)} ·{' '}
              {fmt.duration(data.bucket_seconds * 1000)}
            </>
          ) : null}
          {over && blind ? ' · ' : null}
          {blind ? t('bands.here', { n: blind.stations, stations: fmt.number(blind.stations) }) : null}
        </div>
      ) : null}
    </div>
  );
}
