/** The term for processes of which no end is known. It stands in the filter, so that the switch and the text are one. */
export const running = 'running:true';
