import { useI18n } from '@/app/i18n';
import classes from './Bands.module.css';
import { type Band, drawn, joined } from './bands';

interface BandsProps {
  bands: readonly Band[] | undefined;
  /** What the axis shows, and on how many pixels. */
  from: number;
  to: number;
  width: number;
}

/** Hatches the spans of a timeline for which something is missing. It lies behind what is drawn there. */
export function Bands({ bands = [], from, to, width }: BandsProps) {
  const text = useBandsText();
  const found = drawn(bands, from, to, width);
  if (found.length === 0) return null;
  return (
    <div className={classes.layer} role="img" aria-label={text(found)} data-testid="bands">
      {found.map((band) => (
        <i
          key={band.from}
          className={classes.band}
          ref={(element) => {
            element?.style.setProperty('--left', `${band.left}px`);
            element?.style.setProperty('--width', `${band.width}px`);
          }}
        />
      ))}
    </div>
  );
}

/** As much as is worth listening to. */
const told = 5;

/** Bands in words, for those who listen. */
export function useBandsText(): (bands: readonly Band[]) => string {
  const { t, fmt } = useI18n();
  return (bands) => {
    const all = joined(bands);
    const spans = all.slice(0, told).map(({ from, to, stations }) =>
      t('bands.one', {
        n: stations,
        stations: fmt.number(stations),
        from: fmt.dateTime(from),
        to: fmt.dateTime(to),
      }),
    );
    const more = all.length - spans.length;
    return [...spans, ...(more > 0 ? [t('bands.more', { n: more, spans: fmt.number(more) })] : [])].join('; ');
  };
}
