import { plural } from '../plural';

interface Counted {
  n: number;
}

/** English: the demo, and how one is rid of it. */
export const demo = {
  'settings.demo': 'Demo',
  'demo.shown': 'Shows demo data',
  'demo.lead':
    'An invented office whose simulated stations report as real ones do, so that there is something to look at. Nothing in it comes from a network of yours, and what your own stations report is not part of it.',
  'demo.failed': 'What is left of the demo could not be read',
  'demo.none': 'This server has no stations of the demo.',
  'demo.again': 'The demo is not played any more; it begins anew when the server is started with --demo.',
  'demo.stations': 'Stations',
  'demo.processes': 'Processes that started',
  'demo.remove': 'Remove the demo…',
  'demo.removeAll': 'Remove',
  'demo.removeTitle': 'Remove the demo',
  'demo.removeText': ({ n, stations, processes }: Counted & { stations: string; processes: string }) =>
    `${stations} ${plural(n, 'station', 'stations')} of the demo and all that is stored of them (${processes} processes, their ends, gaps and tasks) are deleted. Your own stations stay as they are. It takes up to a minute and cannot be undone.`,
  'demo.removing': 'Removing the demo',
  'demo.left': ({ n, stations }: Counted & { stations: string }) =>
    `${stations} ${plural(n, 'station', 'stations')} left ·`,
  'demo.window': 'It goes on while this window is open; you can go to other pages meanwhile.',
  'demo.removed': ({ n, stations }: Counted & { stations: string }) =>
    `The demo is removed: ${stations} ${plural(n, 'station', 'stations')} with all their events.`,
  'demo.removeFailed': 'The demo could not be removed entirely',
};
