/** Chooses between singular and plural, which English and Spanish form alike: one, and all else. */
export function plural(n: number, one: string, other: string): string {
  return n === 1 ? one : other;
}
