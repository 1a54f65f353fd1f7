import { expect, it, vi } from 'vitest';
import type { Import } from '@/api/types';
import { Uploads } from './uploads';

const file = (name: string, size = 10) => new File([new Uint8Array(size)], name);
const answer = (state: Import['state']): Import => ({
  id: 7,
  name: 'a',
  state,
  bytes: 10,
  bytes_done: 0,
  records: 0,
  starts: 0,
  stops: 0,
  added: 0,
  duplicates: 0,
  damaged: 0,
  other: 0,
  stations: [],
  created: '',
});

it('refuses what is too big without sending it', () => {
  const send = vi.fn();
  const uploads = new Uploads({ send, import: vi.fn() });
  uploads.add([file('big.evtx', 100)], 99);
  expect(uploads.snapshot()[0]).toMatchObject({ state: 'refused', sent: 0 });
  expect(send).not.toHaveBeenCalled();
});

it('sends two at once, oldest first, and goes on after a cancelled one', async () => {
  const order: string[] = [];
  const send = vi.fn((sent: File, _: unknown, signal: AbortSignal) => {
    order.push(sent.name);
    return new Promise<Import>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  });
  const uploads = new Uploads({ send, import: vi.fn() });
  uploads.add([file('c'), file('b'), file('a')], undefined);
  expect(order).toEqual(['a', 'b']);
  uploads.cancel(uploads.snapshot().find((each) => each.name === 'a')!.id);
  await vi.waitFor(() => expect(order).toEqual(['a', 'b', 'c']));
  expect(uploads.snapshot().map((each) => each.state)).toEqual(['sending', 'sending', 'cancelled']);
  expect(uploads.busy).toBe(true);
});

it('follows an import until the server is done', async () => {
  vi.useFakeTimers();
  const states: Import['state'][] = ['running', 'done'];
  const uploads = new Uploads({ send: async () => answer('running'), import: async () => answer(states.shift()!) });
  const finished = vi.fn();
  uploads.whenFinished(finished);
  uploads.add([file('a')], undefined);
  await vi.advanceTimersByTimeAsync(2_500);
  expect(uploads.snapshot()[0]).toMatchObject({ state: 'finished', import: { state: 'done' } });
  expect(finished).toHaveBeenCalledOnce();
  vi.useRealTimers();
});
