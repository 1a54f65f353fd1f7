import { plural } from '../plural';

interface Counted {
  n: number;
}

/** English: the process page and its tree. */
export const tree = {
  'rarity.binaryOn': ({ n, stations }: Counted & { stations: string }) =>
    `Binary on ${stations} ${plural(n, 'station', 'stations')}`,
  'rarity.launchOn': ({ n, stations }: Counted & { stations: string }) =>
    `Launch on ${stations} ${plural(n, 'station', 'stations')}`,

  'process.privileges': 'Privileges',
  'process.andMore': ({ n, more }: Counted & { more: string }) => `and ${more} ${plural(n, 'other', 'others')}`,
  'keys.find': 'Find in the tree, next, previous',
  'keys.expand': 'Open all below in the tree',
  'process.timeline': 'Timeline',
  'process.record': 'Raw',

  'tree.find': 'Find in the tree',
  'tree.matches': ({ at, of }: { at: string; of: string }) => `${at} of ${of}`,
  'tree.noMatch': 'not found',
  'tree.nextMatch': 'Next match',
  'tree.previousMatch': 'Previous match',
  'tree.clearFind': 'Find nothing',
  'tree.together': 'Fold what repeats',
  'tree.keys': '↑ ↓ ← → walk · Enter opens its page · f finds, n and N go on · * opens all below · m actions',
  'tree.open': 'Open',
  'tree.close': 'Close',
  'tree.running': 'No end recorded',
  'tree.exited': 'Has ended',
  'tree.unseen': 'not recorded',
  'tree.children': ({ n, count }: Counted & { count: string }) =>
    `started ${count} ${plural(n, 'process', 'processes')}`,
  'tree.repeated': 'equal processes: ',
  'tree.siblings': ({ n, count }: Counted & { count: string }) => `and ${count} ${plural(n, 'sibling', 'siblings')}`,
  'tree.shown': ({ shown, total }: { shown: string; total: string }) => `${shown} of ${total} shown`,
  'tree.showMore': 'Show 100 more',
  'tree.showAll': 'Show all',
  'tree.reading': 'The tree is being read',
  'tree.loaded': ({ loaded }: Counted & { loaded: string }) => `${loaded} below it`,
  'tree.loadedOf': ({ loaded, known }: { loaded: string; known: string }) => `${loaded} of at least ${known} read`,
  'tree.readAll': 'Read all',
  'tree.toBinary': 'Its binary',
  'tree.toStation': 'Its station',
  'tree.toUser': 'Everything its user ran',

  'privilege.lead': 'What its token allows beyond the permissions of its account, the most dangerous first.',
  'privilege.enabled': 'Enabled',
  'privilege.present': 'Present, not enabled: the process can enable them itself',
  'privilege.byDefault': 'By default',
  'privilege.machine': 'Full control',
  'privilege.some': 'Can do harm',
  'privilege.unknown': 'Nothing is known of this privilege here.',
  'privilege.none': 'No privileges are recorded',
  'privilege.noneText':
    'Windows did not report them for this process: the logs of Sysmon and of Windows do not have them.',

  'statistics.processor': 'Processor',
  'statistics.busy': ({ share }: { share: string }) => `${share} of the time that it ran`,
  'statistics.memory': 'Memory',
  'statistics.bytes': 'Input and output, bytes',
  'statistics.operations': 'Input and output, operations',
  'statistics.handles': 'Handles',
  'statistics.none': 'No statistics are recorded',
  'statistics.running': 'They come with the end of a process, and no end of this one is recorded.',
  'statistics.notTold': 'The end of this process was reported without them, as the logs of Sysmon and of Windows do.',

  'around.reach': 'How far to either side',
  'around.minutes': ({ n }: Counted) => `± ${n} min`,
  'around.edge': 'Around what',
  'around.start': 'Its start',
  'around.end': 'Its end',
  'around.events': 'As a list',
  'around.failed': 'The events could not be read',
  'around.label': ({ from, to }: { from: string; to: string }) => `Processes from ${from} to ${to}`,
  'around.cut': ({ most }: { most: string }) => `Only the nearest ${most} events to either side are drawn.`,
  'lanes.kind': 'timeline',
};
