import { useSyncExternalStore } from 'react';
import { ApiError, api } from '@/api/client';
import type { Import } from '@/api/types';
import { upload } from '@/api/upload';

/** A file on its way to the server, and what came of it there. */
export interface Upload {
  id: number;
  name: string;
  size: number;
  state: 'waiting' | 'sending' | 'reading' | 'finished' | 'refused' | 'cancelled';
  sent: number;
  import?: Import;
  error?: unknown;
}

const atOnce = 2;
const pollEvery = 1_000;
const pollAfterFailure = 5_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Files being sent. They belong to the page as a whole, not to the tab of the
 * rail that started them: one may look at events while they go.
 */
export class Uploads {
  private list: Upload[] = [];
  private next = 1;
  private readonly files = new Map<number, File>();
  private readonly stops = new Map<number, AbortController>();
  private readonly listeners = new Set<() => void>();
  private onFinished: () => void = () => {};
  private readonly transport: Pick<typeof api, 'import'> & { send: typeof upload };

  constructor(transport: Pick<typeof api, 'import'> & { send: typeof upload } = { import: api.import, send: upload }) {
    this.transport = transport;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): Upload[] => this.list;

  get busy(): boolean {
    return this.list.some((each) => each.state === 'waiting' || each.state === 'sending');
  }

  /** Names what runs when the server is done with a file. */
  whenFinished(run: () => void): void {
    this.onFinished = run;
  }

  /** Queues files; those over the limit are refused here, before a byte is sent. */
  add(files: File[], limit: number | undefined): void {
    const added = files.map((file): Upload => {
      const id = this.next++;
      const tooBig = limit !== undefined && file.size > limit;
      if (!tooBig) this.files.set(id, file);
      return {
        id,
        name: file.name,
        size: file.size,
        sent: 0,
        state: tooBig ? 'refused' : 'waiting',
        error: tooBig ? new ApiError({ status: 413 }) : undefined,
      };
    });
    this.publish([...added, ...this.list]);
    this.start();
  }

  cancel(id: number): void {
    this.stops.get(id)?.abort();
    if (this.list.find((each) => each.id === id)?.state === 'waiting') this.change(id, { state: 'cancelled' });
    this.files.delete(id);
  }

  retry(id: number): void {
    if (!this.files.has(id)) return;
    this.change(id, { state: 'waiting', sent: 0, error: undefined });
    this.start();
  }

  canRetry(id: number): boolean {
    return this.files.has(id);
  }

  /** Takes what is over off the list. */
  clear(): void {
    const over = (each: Upload) => each.state === 'finished' || each.state === 'refused' || each.state === 'cancelled';
    for (const each of this.list) if (over(each)) this.files.delete(each.id);
    this.publish(this.list.filter((each) => !over(each)));
  }

  private start(): void {
    while (this.list.filter((each) => each.state === 'sending').length < atOnce) {
      // The list shows the newest on top; the oldest goes first.
      const next = this.list.findLast((each) => each.state === 'waiting');
      if (!next) return;
      void this.run(next.id);
    }
  }

  private async run(id: number): Promise<void> {
    const file = this.files.get(id);
    if (!file) return;
    const stop = new AbortController();
    this.stops.set(id, stop);
    this.change(id, { state: 'sending' });
    try {
      const received = await this.transport.send(file, (sent) => this.change(id, { sent }), stop.signal);
      this.files.delete(id);
      this.change(id, { state: 'reading', sent: file.size, import: received });
      void this.watch(id, received);
    } catch (error) {
      if (stop.signal.aborted) this.change(id, { state: 'cancelled' });
      else this.change(id, { state: 'refused', error });
    } finally {
      this.stops.delete(id);
      this.start();
    }
  }

  private async watch(id: number, received: Import): Promise<void> {
    let current = received;
    while (current.state === 'receiving' || current.state === 'running') {
      await pause(pollEvery);
      try {
        current = await this.transport.import(current.id);
        this.change(id, { import: current, error: undefined });
      } catch (error) {
        // The import goes on without us; only a session or an import that is gone ends the watching.
        this.change(id, { error });
        if (error instanceof ApiError && error.status < 500) break;
        await pause(pollAfterFailure);
      }
    }
    this.change(id, { state: 'finished' });
    this.onFinished();
  }

  private change(id: number, change: Partial<Upload>): void {
    this.publish(this.list.map((each) => (each.id === id ? { ...each, ...change } : each)));
  }

  private publish(list: Upload[]): void {
    this.list = list;
    for (const listener of this.listeners) listener();
  }
}

export const uploads = new Uploads();

export function useUploads(): Upload[] {
  return useSyncExternalStore(uploads.subscribe, uploads.snapshot);
}

window.addEventListener('beforeunload', (event) => {
  // What is being sent would be lost.
  if (uploads.busy) event.preventDefault();
});
