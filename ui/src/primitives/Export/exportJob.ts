import { ApiError, ConnectionError, type ExportFormat, problemOf } from '@/api/client';
import { rowCounter } from './rowCounter';
import { type Sink, TooLarge } from './sink';

export interface ExportState {
  phase: 'running' | 'done' | 'stopped' | 'failed' | 'tooLarge';
  rows: number;
  bytes: number;
  error?: unknown;
}

/** At most how often the progress is told. */
const tellEvery = 200;

/** One export on its way from the server into a file. It goes on while one looks at other pages. */
export class ExportJob {
  readonly address: string;
  readonly format: ExportFormat;
  private readonly sink: Sink;
  private readonly aborter = new AbortController();
  private readonly listeners = new Set<() => void>();
  private state: ExportState = { phase: 'running', rows: 0, bytes: 0 };

  constructor(address: string, format: ExportFormat, sink: Sink) {
    this.address = address;
    this.format = format;
    this.sink = sink;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): ExportState => this.state;

  stop(): void {
    this.aborter.abort();
  }

  /** Receives the whole answer. A file that would not be whole is not kept. */
  async run(): Promise<void> {
    const keep = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', keep);
    try {
      await this.receive();
      await this.sink.close();
      this.publish({ phase: 'done' });
    } catch (error) {
      const stopped = this.aborter.signal.aborted;
      this.aborter.abort();
      await this.sink.discard();
      if (stopped) this.publish({ phase: 'stopped' });
      else if (error instanceof TooLarge) this.publish({ phase: 'tooLarge' });
      else this.publish({ phase: 'failed', error });
    } finally {
      window.removeEventListener('beforeunload', keep);
    }
  }

  private async receive(): Promise<void> {
    const { signal } = this.aborter;
    const response = await fetch(this.address, { signal }).catch((error: unknown) => {
      throw signal.aborted ? error : new ConnectionError('the server cannot be reached', { cause: error });
    });
    if (!response.ok) throw new ApiError(problemOf(response.status, await response.text()));
    const count = rowCounter(this.format);
    let { rows, bytes } = this.state;
    let told = 0;
    const reader = response.body?.getReader();
    while (reader) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        // The server cuts the connection rather than end a file that is not whole.
        throw signal.aborted ? error : new ConnectionError('the export was cut', { cause: error });
      });
      if (done) break;
      await this.sink.write(value);
      bytes += value.byteLength;
      rows += count(value);
      if (Date.now() - told >= tellEvery) {
        told = Date.now();
        this.publish({ rows, bytes });
      }
    }
    this.publish({ rows, bytes });
  }

  private publish(change: Partial<ExportState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}
