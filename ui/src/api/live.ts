/** How the live connection is doing. */
export type LiveState = 'connecting' | 'open' | 'lost';

export interface LiveHandlers {
  onState(state: LiveState): void;
  onNew(count: number, atLeast: boolean): void;
  onStored(): void;
  /** Something was told of USB devices. */
  onDevices(): void;
  /** Stations enrolled. */
  onStations(): void;
}

const firstWait = 1_000;
const longestWait = 30_000;
/** The server sends a ping every 15 s: after this long without a word the line is dead, whatever TCP believes. */
const silence = 40_000;

/**
 * Follows a stream of server-sent events and mends it when it breaks, with
 * growing waits. Returns the function that ends it.
 */
export function follow(address: string, handlers: LiveHandlers): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  let wait = firstWait;
  let ended = false;

  const close = () => {
    source?.close();
    source = undefined;
    clearTimeout(watchdog);
  };
  const lost = () => {
    if (ended) return;
    close();
    handlers.onState('lost');
    clearTimeout(timer);
    timer = setTimeout(open, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, longestWait);
  };
  const heard = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(lost, silence);
  };
  function open() {
    if (ended) return;
    clearTimeout(timer);
    close();
    const current = new EventSource(address);
    source = current;
    heard();
    current.onopen = () => {
      wait = firstWait;
      handlers.onState('open');
      heard();
    };
    current.onerror = lost;
    current.addEventListener('ping', heard);
    current.addEventListener('new', (event) => {
      heard();
      const { count, at_least } = JSON.parse(event.data) as { count: number; at_least?: boolean };
      handlers.onNew(count, at_least ?? false);
    });
    current.addEventListener('stored', () => {
      heard();
      handlers.onStored();
    });
    current.addEventListener('devices', () => {
      heard();
      handlers.onDevices();
    });
    current.addEventListener('stations', () => {
      heard();
      handlers.onStations();
    });
  }
  const wake = () => {
    if (!source) {
      wait = firstWait;
      open();
    }
  };

  handlers.onState('connecting');
  open();
  window.addEventListener('online', wake);
  // Without a network the stream would only fall silent.
  window.addEventListener('offline', lost);
  return () => {
    ended = true;
    clearTimeout(timer);
    close();
    window.removeEventListener('online', wake);
    window.removeEventListener('offline', lost);
  };
}
