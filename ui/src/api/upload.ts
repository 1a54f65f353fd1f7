import { ApiError, address, ConnectionError, problemOf } from './client';
import type { Import } from './types';

/** Sends a file to be imported. fetch cannot tell how far an upload is, so this is an XMLHttpRequest. */
export function upload(file: File, onProgress: (sent: number) => void, signal: AbortSignal): Promise<Import> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open('POST', address('/imports', { name: file.name }));
    call.setRequestHeader('Content-Type', 'application/octet-stream');
    call.upload.onprogress = (event) => onProgress(event.loaded);
    call.onload = () => {
      if (call.status >= 200 && call.status < 300) resolve(JSON.parse(call.responseText) as Import);
      else reject(new ApiError(problemOf(call.status, call.responseText)));
    };
    call.onerror = () => reject(new ConnectionError('the upload was cut'));
    call.onabort = () => reject(new DOMException('cancelled', 'AbortError'));
    signal.addEventListener('abort', () => call.abort(), { once: true });
    call.send(file);
  });
}
