import type { Task } from '@/api/types';
import { stringifySearch } from '@/app/search';

/** Where a task can be followed: among those of its station. */
export function taskHref({ id, station }: Pick<Task, 'id' | 'station'>): string {
  return `/stations/${station.id}${stringifySearch({ tab: 'tasks', p: id })}`;
}
