import type { Histogram } from '@/api/types';
import { useI18n } from '@/app/i18n';
import classes from './Sparkline.module.css';

const [width, height] = [240, 32];

/** How often something ran over time, small: the shape, not the figures. */
export function Sparkline({ data }: { data: Histogram }) {
  const { t, fmt } = useI18n();
  const total = data.buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const most = Math.max(1, ...data.buckets.map((bucket) => bucket.count));
  const step = width / Math.max(1, data.buckets.length);
  return (
    <figure className={classes.root}>
      <svg
        className={classes.plot}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={t('spark.label', {
          n: total,
          runs: fmt.number(total),
          from: fmt.dateTime(data.from),
          to: fmt.dateTime(data.to),
        })}
      >
        {data.buckets.map((bucket, i) => {
          if (bucket.count === 0) return null;
          // Something is never drawn as nothing.
          const h = Math.max(2, (bucket.count / most) * (height - 2));
          return (
            <rect
              key={bucket.start}
              className={classes.bar}
              x={i * step}
              y={height - 1 - h}
              width={Math.max(1, step - 1)}
              height={h}
            />
          );
        })}
        <line className={classes.base} x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} />
      </svg>
      <figcaption className={classes.ends}>
        <span>{fmt.date(data.from)}</span>
        <span>{t('binary.runs')}</span>
        <span>{fmt.date(data.to)}</span>
      </figcaption>
    </figure>
  );
}
