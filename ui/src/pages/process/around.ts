import type { EventRow } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';
import { fileName } from '@/primitives/hostile';
import type { LaneSpan } from '@/primitives/Lanes/Lanes';
import { processHref } from '../events/fields';

/** The processes that events tell of, each once, as spans of time; the one whose page this is comes first. */
export function spansOf(self: EventRow, events: readonly EventRow[], t: Translate, fmt: Format): LaneSpan[] {
  const runs = new Map<string, EventRow>([[self.process, self]]);
  for (const event of events) {
    const known = runs.get(event.process);
    // A start tells more than an end, and an end at least when it was.
    if (known === undefined || (known.stopped === undefined && event.stopped !== undefined)) {
      if (event.process !== self.process) runs.set(event.process, event);
    }
  }
  return [...runs.values()].map((row) => {
    const started = row.started ?? (row.kind === 'stop' ? undefined : row.time);
    const stopped = row.stopped ?? (row.kind === 'stop' ? row.time : undefined);
    const name = fileName(row.image) || t('process.unknown');
    return {
      key: row.process,
      name,
      // Without a start on record all that is known is the end.
      from: Date.parse(started ?? stopped ?? row.time),
      to: stopped === undefined ? undefined : Date.parse(stopped),
      open: started === undefined || row.kind === 'running',
      href: processHref(row.process),
      kind: kindOf(row, self),
      title: [
        name,
        started === undefined ? undefined : fmt.exact(started),
        row.duration_ms !== undefined
          ? t('process.ran', { duration: fmt.duration(row.duration_ms) })
          : stopped === undefined
            ? t('process.noEnd')
            : undefined,
        row.user,
        row.command_line,
      ]
        .filter(Boolean)
        .join('\n'),
    };
  });
}

function kindOf(row: EventRow, self: EventRow): LaneSpan['kind'] {
  if (row.process === self.process) return 'marked';
  if (row.process === self.parent_process) return 'parent';
  return row.parent_process === self.process ? 'child' : undefined;
}
