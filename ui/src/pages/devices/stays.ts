import type { DeviceEvent, StationName, Volume } from '@/api/types';

/** A time that a device was in a station. */
export interface Stay {
  station: StationName;
  /** Absent where nobody saw it come. */
  from?: string;
  /** Absent while it lasts, or where nobody saw it go. */
  to?: string;
  /** It lasts, as far as is known. */
  lasts: boolean;
  /** The times are when it was noticed, not when it was. */
  fromInferred: boolean;
  toInferred: boolean;
  /** The file systems that were on it then. */
  volumes: Volume[];
}

/**
 * What became of a device, stay by stay, in the order in which they began. The
 * events may be in any order; what is missing at the ends of a stay stays open.
 */
export function staysOf(events: readonly DeviceEvent[]): Stay[] {
  const inOrder = [...events].sort((a, b) => Date.parse(a.time) - Date.parse(b.time) || a.seq - b.seq);
  const stays: Stay[] = [];
  const open = new Map<number, Stay>();
  for (const event of inOrder) {
    const volumes = event.volumes ?? [];
    let stay = open.get(event.station.id);
    if (event.kind === 'device_removed') {
      if (!stay) {
        stay = begun(event);
        stay.from = undefined;
        stay.fromInferred = false;
        stays.push(stay);
      }
      stay.to = event.time;
      stay.toInferred = event.inferred ?? false;
      stay.lasts = false;
      open.delete(event.station.id);
      continue;
    }
    if (stay && event.kind === 'device_present') {
      // The agent began anew and found it where it was.
      if (volumes.length > 0) stay.volumes = volumes;
      continue;
    }
    // It was plugged in while it was in: nobody saw it go in between.
    if (stay) stay.lasts = false;
    stay = begun(event);
    open.set(event.station.id, stay);
    stays.push(stay);
  }
  return stays;
}

function begun(event: DeviceEvent): Stay {
  return {
    station: event.station,
    from: event.time,
    lasts: true,
    // What was found was there before.
    fromInferred: event.kind === 'device_present' || (event.inferred ?? false),
    toInferred: false,
    volumes: event.volumes ?? [],
  };
}
