import classes from './Sign.module.css';

const paths = {
  disc: 'M4 .5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 1 0 0-7Z',
  diamond: 'M4 .5 7.5 4 4 7.5.5 4Z',
  square: 'M1 1h6v6H1Z',
  cross: 'M1 1l6 6M7 1 1 7',
  check: 'M.8 4.2 3 6.4 7.2 1.8',
  arrow: 'M1 4h6M4.4 1.4 7 4 4.4 6.6',
} as const;

export type SignShape = keyof typeof paths;

/** A small shape beside a word: what it says is said without colour too. `hollow`: only its outline. */
export function Sign({ shape, hollow }: { shape: SignShape; hollow?: boolean }) {
  const line = hollow || shape === 'cross' || shape === 'check' || shape === 'arrow';
  return (
    <svg className={classes.sign} viewBox="0 0 8 8" aria-hidden="true" data-line={line || undefined}>
      <path d={paths[shape]} />
    </svg>
  );
}
