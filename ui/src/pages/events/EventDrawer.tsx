import { lazy, Suspense } from 'react';
import type { EventRow } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Drawer } from '@/primitives/Drawer/Drawer';
import { Waiting } from '@/primitives/State';

const ProcessDrawer = lazy(async () => ({ default: (await import('@/pages/process/ProcessDrawer')).ProcessDrawer }));

interface EventDrawerProps {
  /** The process of the event. */
  id: string;
  row?: EventRow;
  onClose(): void;
}

/** The Drawer of an event: its process. Its code is fetched with the first that is opened. */
export function EventDrawer(props: EventDrawerProps) {
  const { t } = useI18n();
  return (
    <Suspense
      fallback={
        <Drawer label={t('process.one')} onClose={props.onClose}>
          <Waiting lines={10} />
        </Drawer>
      }
    >
      <ProcessDrawer {...props} />
    </Suspense>
  );
}
