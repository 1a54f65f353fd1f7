/** The station that a filter is about, where it names one by its number and all of it must hold. */
export function oneStation(q: string | undefined): number | undefined {
  if (q === undefined || /\b(OR|NOT)\b/.test(q)) return undefined;
  const found = /(?:^|\s)station_id:(\d+)(?=\s|$)/.exec(q);
  return found ? Number(found[1]) : undefined;
}
