import classes from './Bands.module.css';

/** What a band looks like, beside the words that explain it. */
export function Swatch() {
  return <span className={classes.swatch} aria-hidden="true" />;
}
