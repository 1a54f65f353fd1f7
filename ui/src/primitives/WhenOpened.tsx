import { type ReactNode, Suspense, useEffect, useState } from 'react';

interface WhenOpenedProps {
  opened: boolean;
  children(opened: boolean): ReactNode;
}

/** Holds a lazy dialogue, whose code is fetched when it is opened for the first time. */
export function WhenOpened({ opened, children }: WhenOpenedProps) {
  const [wanted, setWanted] = useState(opened);
  if (opened && !wanted) setWanted(true);
  return wanted ? (
    <Suspense fallback={null}>
      <Closed opened={opened}>{children}</Closed>
    </Suspense>
  ) : null;
}

/** Draws it closed first: that is how it learns where the focus was, to give it back. */
function Closed({ opened, children }: WhenOpenedProps) {
  const [ready, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  return children(opened && ready);
}
