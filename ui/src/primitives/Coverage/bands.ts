/** A span of time for which the record of some stations is incomplete. */
export interface Band {
  from: string;
  to: string;
  /** Of how many, at the most. */
  stations: number;
}

/** A band as it is drawn. */
export interface DrawnBand extends Band {
  /** In pixels. */
  left: number;
  width: number;
}

/** Something is never drawn as nothing. */
const narrowest = 3;

/** Makes one of bands that touch: drawn apart they would look like several losses. */
export function joined(bands: readonly Band[]): Band[] {
  const found: Band[] = [];
  for (const band of [...bands].filter((each) => each.stations > 0).sort((a, b) => at(a.from) - at(b.from))) {
    const last = found.at(-1);
    if (last && at(band.from) <= at(last.to)) {
      if (at(band.to) > at(last.to)) last.to = band.to;
      last.stations = Math.max(last.stations, band.stations);
    } else found.push({ ...band });
  }
  return found;
}

/** Where bands lie on an axis that shows `from` to `to` on `width` pixels. */
export function drawn(bands: readonly Band[], from: number, to: number, width: number): DrawnBand[] {
  if (width <= 0 || to <= from) return [];
  const x = (time: number) => Math.max(0, Math.min(width, ((time - from) / (to - from)) * width));
  return joined(bands)
    .filter((band) => at(band.to) >= from && at(band.from) <= to)
    .map((band) => {
      const left = Math.min(x(at(band.from)), width - narrowest);
      return { ...band, left, width: Math.max(narrowest, x(at(band.to)) - left) };
    });
}

/** The bands that a moment lies in. */
export function bandAt(bands: readonly Band[], time: number): Band | undefined {
  return joined(bands).find((band) => at(band.from) <= time && time <= at(band.to));
}

function at(iso: string): number {
  return Date.parse(iso);
}
