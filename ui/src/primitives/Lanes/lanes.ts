/** A span of time with a name. */
export interface Span {
  key: string;
  name: string;
  from: number;
  /** Absent while it lasts. */
  to?: number;
}

export interface Bar<S extends Span> {
  span: S;
  lane: number;
  left: number;
  width: number;
  /** The name stands in the bar, else behind it. */
  inside: boolean;
  /** It began before what is shown, or lasts beyond. */
  cutLeft: boolean;
  cutRight: boolean;
}

const characterWidth = 6.5;
const narrowest = 3;
const gap = 12;
const longestName = 180;

/**
 * Puts spans into as few lanes as their bars and names need, the first ones
 * given into the first lanes. `from` and `to` are what `width` pixels show.
 */
export function lanesOf<S extends Span>(spans: readonly S[], from: number, to: number, width: number): Bar<S>[] {
  const x = (time: number) => ((time - from) / Math.max(1, to - from)) * width;
  const ends: number[] = [];
  const bars: Bar<S>[] = [];
  // Whoever comes first takes the lane to itself; all others are packed in the order of time.
  const [first, ...others] = spans;
  const ordered = first ? [first, ...others.sort((a, b) => a.from - b.from)] : [];
  for (const span of ordered) {
    const end = span.to ?? Number.POSITIVE_INFINITY;
    if (span.from > to || end < from) continue;
    const left = Math.max(0, x(span.from));
    const right = Math.max(left + narrowest, Math.min(width, x(end)));
    const name = Math.min(longestName, span.name.length * characterWidth + 8);
    const inside = right - left >= name;
    const taken = (inside ? right : right + name) + gap;
    let lane = bars.length === 0 ? 0 : 1;
    while (lane < ends.length && ends[lane]! > left) lane++;
    ends[lane] = taken;
    bars.push({ span, lane, left, width: right - left, inside, cutLeft: span.from < from, cutRight: end > to });
  }
  return bars;
}
