/** English: binaries, stations and the overview. */
export const catalog = {};
