import { useElementSize } from '@mantine/hooks';
import { useTimeTicks } from '../timeTicks';
import { Bands } from './Bands';
import classes from './Bands.module.css';
import type { Band } from './bands';

/** A span of time, with the parts hatched for which something is missing. */
export function CoverageLine({ bands, from, to }: { bands: readonly Band[] | undefined; from: string; to: string }) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const ticks = useTimeTicks(start, end, width);
  return (
    <div className={classes.line}>
      <div ref={ref} className={classes.track}>
        <Bands bands={bands} from={start} to={end} width={width} />
      </div>
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
    </div>
  );
}
