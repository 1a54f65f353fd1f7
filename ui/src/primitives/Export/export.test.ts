import { describe, expect, it, vi } from 'vitest';
import { ExportJob } from './exportJob';
import { rowCounter } from './rowCounter';
import { memorySink, type Sink, TooLarge } from './sink';

const bytes = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;

describe('rowCounter', () => {
  it('counts lines of NDJSON', () => {
    const count = rowCounter('ndjson');
    expect(count(bytes('{"a":"\\"x"}\n{"a"')) + count(bytes(':1}\n'))).toBe(2);
  });
  it('leaves out the heading of CSV and lines within a value, wherever the pieces part', () => {
    const file = 'time,command_line\r\n1,"two\nlines ""and"" more"\r\n2,x\r\n';
    for (let at = 0; at <= file.length; at++) {
      const count = rowCounter('csv');
      expect(count(bytes(file.slice(0, at))) + count(bytes(file.slice(at))), `parted at ${at}`).toBe(2);
    }
  });
});

describe('memorySink', () => {
  it('refuses more than a page can hold', async () => {
    const sink = memorySink('x.csv', 'csv', 10);
    await sink.write(bytes('12345'));
    await expect(sink.write(bytes('678901'))).rejects.toBeInstanceOf(TooLarge);
  });
});

describe('ExportJob', () => {
  function sinkOf() {
    const parts: string[] = [];
    const sink: Sink = {
      write: vi.fn(async (piece) => void parts.push(new TextDecoder().decode(piece))),
      close: vi.fn(async () => {}),
      discard: vi.fn(async () => {}),
    };
    return { parts, sink };
  }
  function answer(...pieces: (string | Error)[]) {
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces[at++];
        if (piece === undefined) controller.close();
        else if (typeof piece === 'string') controller.enqueue(bytes(piece));
        else controller.error(piece);
      },
    });
    vi.stubGlobal('fetch', async () => ({ ok: true, status: 200, body, text: async () => '' }));
  }

  it('writes it all, counts it and makes a file of it', async () => {
    answer('{}\n{}\n', '{}\n');
    const { parts, sink } = sinkOf();
    const job = new ExportJob('/x', 'ndjson', sink);
    await job.run();
    expect(parts.join('')).toBe('{}\n{}\n{}\n');
    expect(job.snapshot()).toMatchObject({ phase: 'done', rows: 3, bytes: 9 });
    expect(sink.close).toHaveBeenCalledOnce();
  });

  it('keeps nothing of an answer that is cut short', async () => {
    answer('{}\n', new Error('cut'));
    const { sink } = sinkOf();
    const job = new ExportJob('/x', 'ndjson', sink);
    await job.run();
    expect(job.snapshot().phase).toBe('failed');
    expect(sink.close).not.toHaveBeenCalled();
    expect(sink.discard).toHaveBeenCalledOnce();
  });

  it('says why the server refuses', async () => {
    vi.stubGlobal('fetch', async () => ({
      ok: false,
      status: 422,
      text: async () => JSON.stringify({ detail: 'no such field' }),
    }));
    const { sink } = sinkOf();
    const job = new ExportJob('/x', 'csv', sink);
    await job.run();
    expect(job.snapshot()).toMatchObject({ phase: 'failed', error: { status: 422 } });
  });

  it('tells when it is too large for the page', async () => {
    answer('0123456789');
    const job = new ExportJob('/x', 'ndjson', memorySink('x', 'ndjson', 5));
    await job.run();
    expect(job.snapshot().phase).toBe('tooLarge');
  });
});
