import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { type ReactNode, useRef, useState } from 'react';
import { useI18n } from '@/app/i18n';
import { remember, remembered } from '@/app/preferences';
import classes from './Drawer.module.css';

const key = 'eljefe.drawer';
const [narrowest, widest, usual, step] = [380, 960, 520, 32];

interface DrawerProps {
  label: string;
  actions?: ReactNode;
  onClose(): void;
  children: ReactNode;
}

/** A row's page in short, beside the table it came from, which stays usable. */
export function Drawer({ label, actions, onClose, children }: DrawerProps) {
  const { t } = useI18n();
  const [width, setWidth] = useState(() => clamp(Number(remembered<number>(key, usual)) || usual));
  const drag = useRef<{ x: number; width: number }>(undefined);
  const resize = (to: number) => {
    setWidth(clamp(to));
    remember(key, clamp(to));
  };
  return (
    <aside
      className={classes.drawer}
      aria-label={label}
      ref={(element) => void element?.style.setProperty('--drawer-width', `${width}px`)}
    >
      <div
        className={classes.grip}
        role="separator"
        tabIndex={0}
        aria-orientation="vertical"
        aria-label={t('drawer.resize')}
        aria-valuenow={width}
        aria-valuemin={narrowest}
        aria-valuemax={widest}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          drag.current = { x: event.clientX, width };
        }}
        onPointerMove={(event) => {
          if (drag.current) setWidth(clamp(drag.current.width + drag.current.x - event.clientX));
        }}
        onPointerUp={() => {
          drag.current = undefined;
          remember(key, width);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowLeft') resize(width + step);
          if (event.key === 'ArrowRight') resize(width - step);
        }}
      />
      <div className={classes.bar}>
        <div className={classes.actions}>{actions}</div>
        <ActionIcon aria-label={t('close')} onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
      <div className={classes.body} tabIndex={0} role="region" aria-label={label}>
        {children}
      </div>
    </aside>
  );
}

function clamp(width: number): number {
  return Math.max(narrowest, Math.min(widest, Math.round(width)));
}
