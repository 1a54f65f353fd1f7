import { Fragment, type ReactNode } from 'react';
import { useI18n } from '@/app/i18n';
import { cut, segments, splitPath, visible } from './hostile';
import classes from './Text.module.css';
import { useNow } from './useNow';

/** As much of a text as a table cell can ever show. */
const cellLimit = 400;

interface HostileTextProps {
  children: string;
  /** Shows at most this many characters; the whole is left to the page that has room. */
  limit?: number;
  /** How it looks, where it needs no element around it. */
  className?: string;
}

/**
 * Text that somebody else chose: file names, command lines, users. Characters
 * that could deceive are shown by name, and its writing direction is its own.
 */
export function HostileText({ children, limit, className }: HostileTextProps) {
  const shown = limit === undefined ? children : cut(children, limit);
  const parts = segments(shown);
  return (
    <bdi className={className ? `${classes.hostile} ${className}` : classes.hostile}>
      {parts.map((part, i) =>
        part.escaped ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
          <mark key={i} className={classes.escaped}>
            {part.text}
          </mark>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
          <Fragment key={i}>{part.text}</Fragment>
        ),
      )}
      {shown.length < children.length ? '…' : null}
    </bdi>
  );
}

/** A command line or anything else that is code, on one line, cut by its column. */
export function CodeCell({ children }: { children: string | undefined }) {
  if (!children) return null;
  return (
    <span className={classes.code} title={visible(cut(children, 2000))}>
      <HostileText limit={cellLimit}>{children}</HostileText>
    </span>
  );
}

/** A command line in full: wrapped, and scrolled where it is very long. */
export function CodeBlock({ children, label }: { children: string; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <div className={classes.block} tabIndex={0} role="region" aria-label={label}>
      <HostileText>{children}</HostileText>
    </div>
  );
}

/** A path in a cell: the file name first, then its folder, shortened in the middle. `note` stands at the end. */
export function PathCell({
  children,
  plain,
  note,
}: {
  children: string | undefined;
  plain?: boolean;
  note?: ReactNode;
}) {
  if (!children) return null;
  const { folder, name } = splitPath(children);
  const end = folder === '' ? { folder: '', name: '' } : splitPath(folder);
  return (
    <span className={classes.path} title={visible(children)}>
      <HostileText className={plain ? classes.namePlain : classes.name} limit={cellLimit}>
        {name}
      </HostileText>
      {plain || folder === '' ? null : (
        <span className={classes.folder}>
          {end.folder === '' ? null : (
            <span className={classes.folderStart} data-short={end.folder.length <= 3 || undefined}>
              <HostileText limit={cellLimit}>{end.folder}</HostileText>
            </span>
          )}
          <span className={classes.folderEnd}>
            {end.folder === '' ? '' : folder.charAt(end.folder.length)}
            <HostileText limit={60}>{end.name}</HostileText>
          </span>
        </span>
      )}
      {note}
    </span>
  );
}

/** As much of a domain as stands before a name where there is little room. */
const domainLimit = 7;

/** An account; its domain is quieter, and in a `narrow` place only begun. */
export function AccountCell({ children, narrow }: { children: string | undefined; narrow?: boolean }) {
  if (!children) return null;
  const at = children.lastIndexOf('\\');
  const domain = at > 0 ? children.slice(0, at) : '';
  return (
    <span className={classes.account} title={visible(children)}>
      {domain ? (
        <>
          <HostileText className={classes.domain} limit={narrow && domain.length > domainLimit ? domainLimit - 1 : 60}>
            {domain}
          </HostileText>
          {'\\'}
        </>
      ) : null}
      <HostileText limit={120}>{children.slice(at + 1)}</HostileText>
    </span>
  );
}

/** A hash by its first eight characters; the whole on hover. */
export function HashCell({ children }: { children: string | undefined }) {
  if (!children) return null;
  return (
    <span className={classes.code} title={children}>
      {children.slice(0, 8)}
    </span>
  );
}

/**
 * When something was: time of day and how long ago under a day, the date beyond.
 * What a clock that is fast has put into the future says so: it stands before all
 * that is new, and is not. A mark stands before it.
 */
export function TimeCell({ children, mark }: { children: string | undefined; mark?: ReactNode }) {
  const { t, fmt } = useI18n();
  const now = useNow();
  if (!children) return null;
  const ahead = fmt.ahead(children, now);
  const distance = ahead ? t('time.in', { by: ahead }) : fmt.relative(children, now);
  const far = ahead && fmt.date(children) !== fmt.date(new Date(now).toISOString());
  return (
    <time
      className={classes.time}
      dateTime={children}
      title={ahead ? t('time.ahead', { at: fmt.exact(children) }) : fmt.exact(children)}
    >
      {mark}
      {far ? fmt.date(children) : distance ? fmt.clock(children).slice(0, 8) : fmt.dateTime(children)}
      {distance ? (
        <span className={classes.ago} data-ahead={ahead ? true : undefined}>
          {distance}
        </span>
      ) : null}
    </time>
  );
}

/** A record as the server gave it, line by line. */
export function RawRecord({ children, label }: { children: string; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <div className={classes.raw} tabIndex={0} role="region" aria-label={label}>
      {children.split('\n').map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines of one record never move
        <div key={i}>
          <HostileText>{line}</HostileText>
        </div>
      ))}
    </div>
  );
}
