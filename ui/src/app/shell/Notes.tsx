import { useNotifications } from '@mantine/notifications';
import { lazy, Suspense, useState } from 'react';

const Shown = lazy(async () => ({ default: (await import('./ShownNotes')).ShownNotes }));

/** What the page says in passing. How that is drawn is fetched with the first thing said. */
export function Notes() {
  const { notifications } = useNotifications();
  const [said, setSaid] = useState(false);
  if (notifications.length > 0 && !said) setSaid(true);
  return said ? (
    <Suspense fallback={null}>
      <Shown />
    </Suspense>
  ) : null;
}
