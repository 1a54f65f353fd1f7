import type { ExportFormat } from '@/api/client';

/** Where an export goes. */
export interface Sink {
  write(piece: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Makes a file of all that was written. */
  close(): Promise<void>;
  /** Forgets what was written. */
  discard(): Promise<void>;
}

/** More came than a page can hold. */
export class TooLarge extends Error {
  override name = 'TooLarge';
}

/** As much as is collected in memory where the browser does not let a page write to a file. */
export const mostInMemory = 200 * 1024 * 1024;
/** Pieces are put together in lots of this size, which the browser may move out of memory. */
const lot = 8 * 1024 * 1024;

const types: Record<ExportFormat, string> = { csv: 'text/csv', ndjson: 'application/x-ndjson' };

interface FilePicker {
  showSaveFilePicker?(options: {
    suggestedName: string;
    types: { accept: Record<string, string[]> }[];
  }): Promise<{ createWritable(): Promise<WritableStream & { write(piece: Uint8Array): Promise<void> }> }>;
}

/** Asks where to save, where the browser can be asked; undefined if nowhere. */
export async function openSink(name: string, format: ExportFormat): Promise<Sink | undefined> {
  const { showSaveFilePicker } = window as FilePicker;
  if (!showSaveFilePicker) return memorySink(name, format);
  try {
    const file = await showSaveFilePicker({
      suggestedName: name,
      types: [{ accept: { [types[format]]: [`.${format}`] } }],
    });
    const stream = await file.createWritable();
    return {
      write: (piece) => stream.write(piece),
      close: () => stream.close(),
      // The file gets its content on close: until then there is nothing of it.
      discard: () => stream.abort().catch(() => {}),
    };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    return memorySink(name, format);
  }
}

/** Collects the file in memory and hands it to the browser as a download. */
export function memorySink(name: string, format: ExportFormat, most = mostInMemory): Sink {
  let lots: Blob[] = [];
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let [pending, bytes] = [0, 0];
  const pack = () => {
    lots.push(new Blob(pieces));
    pieces = [];
    pending = 0;
  };
  return {
    async write(piece) {
      bytes += piece.byteLength;
      if (bytes > most) throw new TooLarge(`more than ${most} bytes`);
      pieces.push(piece);
      pending += piece.byteLength;
      if (pending >= lot) pack();
    },
    async close() {
      pack();
      const address = URL.createObjectURL(new Blob(lots, { type: types[format] }));
      lots = [];
      const link = document.createElement('a');
      link.href = address;
      link.download = name;
      link.click();
      // The download has taken the data over by then.
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    },
    async discard() {
      lots = [];
      pieces = [];
    },
  };
}
