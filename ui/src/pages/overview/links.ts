/** The filter of the binaries that are new, as the overview counts them. */
export const lately = 'first_seen:>-24h';

/** Of those, the ones on one station only. */
export const rareLately = `${lately} prevalence:1`;
