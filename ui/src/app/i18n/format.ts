/** Numbers, sizes, durations and dates as a person of one language and one time zone reads them. */
export interface Format {
  number(value: number): string;
  /** With two decimals. */
  hundredths(value: number): string;
  bytes(value: number): string;
  duration(milliseconds: number): string;
  percent(share: number): string;
  /** Date and time of day, to the second. */
  dateTime(iso: string): string;
  /** Date and time of day, to the millisecond, with the zone: for hovering. */
  exact(iso: string): string;
  /** Time of day, to the millisecond. */
  clock(iso: string): string;
  date(iso: string): string;
  /** "3 min ago" under a day; undefined for what is older, or in the future. */
  relative(iso: string, now: number): string | undefined;
  /** "20m" for what is more than a minute in the future; undefined for all else. */
  ahead(iso: string, now: number): string | undefined;
}

const day = 86_400_000;
/** Clocks that differ by less are called equal, in milliseconds. */
const tolerance = 60_000;
const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

export function makeFormat(locale: string, zone: 'local' | 'utc'): Format {
  const timeZone = zone === 'utc' ? 'UTC' : undefined;
  // Spanish leaves four digits ungrouped by default; a column of figures must not.
  const integers = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, useGrouping: 'always' as never });
  const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, useGrouping: 'always' as never });
  const hundredths = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const shares = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const agoWords = new Intl.RelativeTimeFormat(locale, { numeric: 'always', style: 'narrow' });
  const span = (n: number, unit: string) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'narrow' }).format(n);
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
    timeZoneName: 'shortOffset',
  } as Intl.DateTimeFormatOptions);

  const read = (iso: string): Record<string, string> | undefined => {
    const time = Date.parse(iso);
    if (Number.isNaN(time)) return undefined;
    const found: Record<string, string> = {};
    for (const part of parts.formatToParts(time)) found[part.type] = part.value;
    return found;
  };
  const ymd = (p: Record<string, string>) => `${p.year}-${p.month}-${p.day}`;
  const hms = (p: Record<string, string>) => `${p.hour}:${p.minute}:${p.second}`;

  return {
    hundredths: hundredths.format,
    number: (value) => (Number.isInteger(value) ? integers : tenths).format(value),
    // What is there is never told as nothing.
    percent: (share) => (share > 0 && share < 0.01 ? `<\u00a0${shares.format(0.01)}` : shares.format(share)),
    bytes(value) {
      let unit = 0;
      let scaled = value;
      while (Math.abs(scaled) >= 1024 && unit < sizes.length - 1) {
        scaled /= 1024;
        unit++;
      }
      return `${(unit === 0 || scaled >= 100 ? integers : tenths).format(scaled)}\u00a0${sizes[unit]}`;
    },
    duration(milliseconds) {
      if (milliseconds < 0) return `−${this.duration(-milliseconds)}`;
      if (milliseconds < 1000) return `${integers.format(milliseconds)}\u00a0ms`;
      const tenthsOfSecond = Math.round(milliseconds / 100);
      if (tenthsOfSecond < 100) return `${tenths.format(tenthsOfSecond / 10)}\u00a0s`;
      const seconds = Math.round(milliseconds / 1000);
      const [d, h, m, s] = [
        Math.floor(seconds / 86_400),
        Math.floor(seconds / 3600) % 24,
        Math.floor(seconds / 60) % 60,
        seconds % 60,
      ];
      const all: [number, string][] = [
        [d, 'd'],
        [h, 'h'],
        [m, 'min'],
        [s, 's'],
      ];
      const first = all.findIndex(([n]) => n > 0);
      return all
        .slice(first, first + 2)
        .filter(([n]) => n > 0)
        .map(([n, unit]) => `${integers.format(n)}\u00a0${unit}`)
        .join(' ');
    },
    dateTime(iso) {
      const p = read(iso);
      return p ? `${ymd(p)} ${hms(p)}` : iso;
    },
    exact(iso) {
      const p = read(iso);
      if (!p) return iso;
      return `${ymd(p)} ${hms(p)}.${p.fractionalSecond} ${zone === 'utc' ? 'UTC' : p.timeZoneName?.replace('GMT', 'UTC')}`;
    },
    clock(iso) {
      const p = read(iso);
      return p ? `${hms(p)}.${p.fractionalSecond}` : iso;
    },
    date(iso) {
      const p = read(iso);
      return p ? ymd(p) : iso;
    },
    relative(iso, now) {
      const age = now - Date.parse(iso);
      if (Number.isNaN(age) || age < -tolerance || age >= day) return undefined;
      const seconds = Math.max(0, Math.round(age / 1000));
      if (seconds < 60) return agoWords.format(-seconds, 'second');
      if (seconds < 3600) return agoWords.format(-Math.floor(seconds / 60), 'minute');
      return agoWords.format(-Math.floor(seconds / 3600), 'hour');
    },
    ahead(iso, now) {
      const lead = Date.parse(iso) - now;
      if (Number.isNaN(lead) || lead <= tolerance) return undefined;
      if (lead < 3_600_000) return span(Math.floor(lead / 60_000), 'minute');
      if (lead < day) return span(Math.floor(lead / 3_600_000), 'hour');
      return span(Math.floor(lead / day), 'day');
    },
  };
}
