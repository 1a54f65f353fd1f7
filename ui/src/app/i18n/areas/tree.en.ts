/** English: the process page and its tree. */
export const tree = {};
