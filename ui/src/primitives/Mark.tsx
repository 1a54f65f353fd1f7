import classes from './Mark.module.css';

/** The product's mark: a hat, seen from the front. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg className={classes.mark} width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect className={classes.plate} width="32" height="32" rx="7" />
      <path
        className={classes.hat}
        d="M4.5 20.4c3.4 1.5 7.3 2.3 11.5 2.3s8.1-.8 11.5-2.3c.6-.3 1.1.5.6 1-2.800 2.500-7.200 4.100-12.100 4.100s-9.300-1.600-12.100-4.100c-.5-.5 0-1.300.6-1z"
      />
      <path
        className={classes.hat}
        d="M8.600 19.300 10.300 10c.3-1.600 1.700-2.200 3.100-1.400l1.500.9c.7.4 1.500.4 2.200 0l1.500-.9c1.400-.8 2.800-.2 3.100 1.400l1.700 9.300c-2.200.9-4.700 1.400-7.400 1.400s-5.200-.5-7.400-1.400z"
      />
    </svg>
  );
}
