/** As the server takes them. */
export const longestLabel = 64;
export const mostLabels = 50;

/** A label as it is kept: without blanks around it, and none within that could not be seen. */
export function tidyLabel(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** What is wrong with labels that are to be added. */
export type LabelFault = 'long' | 'many';

export function labelFault(more: readonly string[], present: readonly string[]): LabelFault | undefined {
  if (more.some((label) => [...label].length > longestLabel)) return 'long';
  return withLabels(present, more).length > mostLabels ? 'many' : undefined;
}

/** The labels that are typed: several, where commas part them. */
export function typedLabels(text: string): string[] {
  return text.split(',').map(tidyLabel).filter(Boolean);
}

/** The labels with some more; one that is there already is not doubled. */
export function withLabels(labels: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...labels, ...more])];
}
