import { Menu } from '@mantine/core';
import { IconCopy, IconDots, IconExternalLink, IconFilter, IconFilterOff, IconStack2 } from '@tabler/icons-react';
import { createContext, type MouseEvent, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { useI18n } from '@/app/i18n';
import { HostileText } from './Text';
import { useCopy } from './useCopy';
import classes from './ValueMenu.module.css';

/** A value that stands somewhere on the page, and where it leads. */
export interface Value {
  /** The filter's name for what it is a value of; absent where nothing can be filtered by it. */
  field?: string;
  value: string;
  /** What is filtered by instead, where the value as shown is not the whole of it. */
  filter?: string;
  /** Its page, where it has one. */
  page?: Leads;
  /** Further pages that it leads to. */
  also?: Leads[];
}

interface Leads {
  href: string;
  /** What going there is called, where that is more than opening its page. */
  label?: string;
}

/** A longer value would make an address that servers refuse. */
const longestFilter = 1000;

interface Opened extends Value {
  x: number;
  y: number;
  back?: HTMLElement | null;
}

interface ValueMenuApi {
  open(value: Value, at: { x: number; y: number }, back?: HTMLElement | null): void;
}

const Context = createContext<ValueMenuApi>({ open: () => {} });

interface ProviderProps {
  children: ReactNode;
  canFilter(field: string): boolean;
  onFilter(field: string, value: string, negated: boolean): void;
  canStack?(field: string): boolean;
  /** Counts the values of a field. */
  onStack?(field: string): void;
}

/** Holds the one menu that serves every value on the page. */
export function ValueMenuProvider({ children, canFilter, onFilter, canStack, onStack }: ProviderProps) {
  const { t } = useI18n();
  const copy = useCopy();
  const [opened, setOpened] = useState<Opened | null>(null);
  const [shown, setShown] = useState(false);
  const open = useCallback<ValueMenuApi['open']>((value, at, back) => {
    setOpened({ ...value, ...at, back });
    setShown(true);
  }, []);
  const service = useMemo(() => ({ open }), [open]);
  const { field, value, filter = value, page, also = [] } = opened ?? { value: '' };
  const filterable = field !== undefined && value.length <= longestFilter && canFilter(field);

  return (
    <Context.Provider value={service}>
      {children}
      <Menu
        opened={shown}
        onChange={setShown}
        onClose={() => {
          const back = opened?.back;
          setTimeout(() => back?.focus({ preventScroll: true }));
        }}
        position="bottom-start"
        width={280}
        returnFocus={false}
        closeOnItemClick
      >
        <Menu.Target>
          <button
            type="button"
            tabIndex={-1}
            aria-hidden="true"
            className={classes.anchor}
            ref={(element) => {
              element?.style.setProperty('left', `${opened?.x ?? 0}px`);
              element?.style.setProperty('top', `${opened?.y ?? 0}px`);
            }}
          />
        </Menu.Target>
        <Menu.Dropdown aria-label={t('value.menu')}>
          <div className={classes.head}>
            {field ? <span className={classes.field}>{field}</span> : null}
            <span className={classes.value}>
              <HostileText limit={120}>{value}</HostileText>
            </span>
          </div>
          {filterable ? (
            <>
              <Menu.Item leftSection={<IconFilter size={14} />} onClick={() => onFilter(field, filter, false)}>
                {t('value.filterFor')}
              </Menu.Item>
              <Menu.Item leftSection={<IconFilterOff size={14} />} onClick={() => onFilter(field, filter, true)}>
                {t('value.filterOut')}
              </Menu.Item>
            </>
          ) : null}
          {field !== undefined && onStack && canStack?.(field) ? (
            <Menu.Item leftSection={<IconStack2 size={14} />} onClick={() => onStack(field)}>
              {t('value.stack')}
            </Menu.Item>
          ) : null}
          <Menu.Item leftSection={<IconCopy size={14} />} onClick={() => copy(value)}>
            {t('value.copy')}
          </Menu.Item>
          {[...(page ? [page] : []), ...also].map(({ href, label }) => (
            <Menu.Item key={href} leftSection={<IconExternalLink size={14} />} component="a" href={href}>
              {label ?? t('value.page')}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </Context.Provider>
  );
}

export function useValueMenu(): ValueMenuApi {
  return useContext(Context);
}

/** The button that opens the menu of the value it stands beside. */
export function ValueMenuButton({ value, name, inTable }: { value: Value; name: string; inTable?: boolean }) {
  const { t } = useI18n();
  const menu = useValueMenu();
  const onClick = (event: MouseEvent<HTMLButtonElement>) => {
    event.stopPropagation();
    const button = event.currentTarget;
    const box = button.getBoundingClientRect();
    // In a table the focus stays with the grid, whose keys walk the rows.
    const back = inTable ? button.closest<HTMLElement>('[role=grid]') : button;
    back?.focus({ preventScroll: true });
    menu.open(value, { x: box.left, y: box.bottom + 2 }, back);
  };
  return (
    <button
      type="button"
      className={classes.button}
      data-value-menu=""
      tabIndex={inTable ? -1 : 0}
      aria-label={t('value.menuOf', { name })}
      aria-haspopup="menu"
      onClick={onClick}
    >
      <IconDots size={14} aria-hidden="true" />
    </button>
  );
}
